import assert from "node:assert/strict";
import { test } from "node:test";
import type { Host } from "../src/host";
import { Focus } from "../src/focus";
import { Player } from "../src/player";
import { first, top, type State } from "../src/state";
import { Store } from "../src/store";
import type { Playback, Summary } from "../src/types";

const film: Summary = { id: "demo:lantern", kind: "film", name: { en: "Lantern" } };

/** What a player screen has around it; calls are answered when answer says so. */
function sofa() {
  const store = new Store<State>({ ...first, link: "up" });
  const calls: string[] = [];
  const params: object[] = [];
  const answers: ((told: true | undefined) => void)[] = [];
  const call = (method: string, more?: object): Promise<true | undefined> => {
    if (method.startsWith("player.")) calls.push(method);
    if (more && method === "player.skip") params.push(more);
    return new Promise((resolve) => answers.push(resolve));
  };
  const app = {
    store, focus: new Focus(), choices: { value: () => "on" }, act: call, ask: call,
    get state() { return store.state; },
    after() {}, cancel() {}, showPlace() {}, notify() {},
  };
  const player = new Player(app as unknown as Host);
  return {
    player, store, calls, params,
    on: () => top(store.state).name,
    says: (phase: string, session: number) => player.changed({ phase, session, titleId: film.id, rate: 1, volume: 1, positionMs: 0, durationMs: 60_000 } as Playback),
    async answer(well = true) {
      for (const a of answers.splice(0)) a(well ? true : undefined);
      await new Promise(setImmediate);
    },
  };
}

test("Back right after OK takes the film back, though the page has heard nothing of it yet", async () => {
  const s = sofa();
  void s.player.play(film, "resume");
  assert.equal(s.on(), "player");
  s.player.press("back");
  assert.deepEqual(s.calls, ["player.play", "player.stop"]);
  assert.equal(s.on(), "home");
  s.says("resolving", 1); // sent before the box read what was pressed
  assert.equal(s.on(), "home", "a film that was taken back is not shown");
  await s.answer();
  s.says("idle", 2);
  assert.equal(s.on(), "home");
});

test("Stop and Home take it back as well", () => {
  const s = sofa();
  void s.player.play(film, "resume");
  assert.ok(s.player.transport("stop"));
  assert.deepEqual(s.calls, ["player.play", "player.stop"]);
  assert.ok(!s.player.transport("stop"), "nothing is on any more");
});

test("what Next and Previous mean is for the box to say; the overlay answers at once", () => {
  const s = sofa();
  assert.ok(!s.player.transport("next"), "nothing is on");
  s.says("playing", 1);
  s.store.set({ overlay: false });
  assert.ok(s.player.transport("next"));
  assert.ok(s.store.state.overlay);
  assert.ok(s.player.transport("previous"));
  assert.deepEqual(s.calls, ["player.skip", "player.skip"]);
  assert.deepEqual(s.params, [{ back: false }, { back: true }]);
});

test("without a connection the box is told as soon as there is one", async () => {
  const s = sofa();
  void s.player.play(film, "resume");
  s.store.set({ link: "down" });
  s.player.press("back");
  await s.answer(false);
  s.says("playing", 1);
  assert.equal(s.on(), "home");
  s.store.set({ link: "up" });
  s.player.linked();
  assert.equal(s.calls.filter((c) => c === "player.stop").length, 2);
  await s.answer();
  s.says("idle", 2);
  s.says("playing", 3); // somebody else's wish, later
  assert.equal(s.on(), "player");
});

test("a box that does not end it shows it", async () => {
  const s = sofa();
  void s.player.play(film, "resume");
  s.player.press("back");
  await s.answer(false); // refused
  s.says("playing", 1);
  assert.equal(s.on(), "player");
});

test("Back ends a film that has not begun, and hides the overlay of one that has", () => {
  const s = sofa();
  void s.player.play(film, "resume");
  s.says("resolving", 1);
  s.says("opening", 1);
  s.player.press("back");
  assert.equal(s.calls.at(-1), "player.stop");

  const t = sofa();
  void t.player.play(film, "resume");
  for (const phase of ["resolving", "opening", "playing"]) t.says(phase, 1);
  t.player.press("back");
  assert.equal(t.store.state.overlay, false);
  assert.equal(t.on(), "player");
  t.says("opening", 2); // somebody winds: the same film is opened anew
  t.player.show();
  t.player.press("back");
  assert.deepEqual(t.calls, ["player.play"]);
});

test("Back twice leaves a film that is just going on from another place", () => {
  const s = sofa();
  void s.player.play(film, "resume");
  for (const phase of ["resolving", "opening", "playing"]) s.says(phase, 1);
  s.player.press("back");
  s.says("buffering", 1);
  s.says("playing", 1);
  assert.equal(s.store.state.overlay, false);
  s.player.press("back");
  assert.equal(s.calls.at(-1), "player.stop");
  assert.equal(s.on(), "home");

  const t = sofa();
  void t.player.play(film, "resume");
  for (const phase of ["resolving", "opening", "playing"]) t.says(phase, 1);
  t.player.press("back");
  t.says("paused", 1);
  assert.equal(t.store.state.overlay, true, "somebody paused it: that is shown");
});

test("a box that was started again counts its films anew, and they are shown", () => {
  const s = sofa();
  s.says("idle", 0);
  s.says("playing", 1);
  assert.equal(s.on(), "player");
  s.says("idle", 0); // started again
  assert.equal(s.on(), "home");
  s.says("playing", 1);
  assert.equal(s.on(), "player");
});
