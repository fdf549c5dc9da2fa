import assert from "node:assert/strict";
import { test } from "node:test";
import { Focus } from "../src/focus";
import { playable, shown, tree } from "../src/layout";
import { byOrigin, continueIds, first, nextEpisode, rows, steady, unknownBegun, type State } from "../src/state";
import { Store } from "../src/store";
import type { Progress, Summary, Title } from "../src/types";

const title = (id: string, more: Partial<Title> = {}): Title => ({ id, kind: "film", name: { en: id }, ...more });
const seen = (updatedMs: number, more: Partial<Progress> = {}): Progress => ({ positionMs: 60_000, durationMs: 600_000, finished: false, updatedMs, ...more });
const state = (more: Partial<State>): State => ({ ...first, ...more });

test("the store tells only about changes, and those who left hear nothing", () => {
  const store = new Store({ a: 1, b: "x" });
  let told = 0;
  const leave = store.watch(() => told++);
  store.set({ a: 1 });
  assert.equal(told, 0);
  store.set({ a: 2, b: "x" });
  assert.deepEqual(store.state, { a: 2, b: "x" });
  assert.equal(told, 1);
  leave();
  store.set({ a: 3 });
  assert.equal(told, 1);
});

test("continue watching: newest first, one for each series, nothing finished or barely begun", () => {
  const episode = (n: number): Title => title(`s-e${n}`, { kind: "episode", seriesId: "s" });
  const s = state({
    titles: { film: title("film"), done: title("done"), zap: title("zap") },
    answers: { "s-e1": { title: episode(1) }, "s-e2": { title: episode(2) } },
    progress: {
      film: seen(2), "s-e1": seen(3), "s-e2": seen(4), done: seen(5, { finished: true }), zap: seen(6, { positionMs: 900 }), lost: seen(1),
    },
  });
  assert.deepEqual(continueIds(s), ["s-e2", "film"]);
  assert.deepEqual(unknownBegun(s), ["lost"]);
});

test("rows: titles that are not known are left out, and so are empty rails", () => {
  const s = state({
    titles: { a: title("a") } as Record<string, Summary>,
    rails: [{ id: "r1", name: {}, titles: ["a", "gone"] }, { id: "r2", name: {}, titles: ["gone"] }, { id: "r3", name: {}, titles: null }],
  });
  assert.deepEqual(rows(s).map((r) => [r.id, r.titles]), [["home/r1", ["a"]]]);
});

test("rows that are as before are the very same, and only those", () => {
  const rails = [{ id: "r1", name: {}, titles: ["a", "b"] }, { id: "r2", name: {}, titles: ["b"] }];
  const s = state({ titles: { a: title("a"), b: title("b") } as Record<string, Summary>, rails });
  const was = rows(s);
  assert.equal(steady(was, rows(s)), was);
  const begun = steady(was, rows({ ...s, progress: { a: seen(1) } }));
  assert.deepEqual(begun.map((r) => r.id), ["home/continue", "home/r1", "home/r2"]);
  assert.ok(begun[1] === was[0] && begun[2] === was[1]);
  assert.notEqual(steady(was, rows({ ...s, titles: { b: title("b") } as Record<string, Summary> }))[0], was[0]);
});

test("a series goes on with its first unfinished episode, across seasons", () => {
  const series = title("s", {
    kind: "series",
    seasons: [{ number: 1, episodes: [title("e1"), title("e2")] }, { number: 2, episodes: [title("e3")] }],
  });
  const done = seen(1, { finished: true });
  const at = (progress: Record<string, Progress>): string | undefined => nextEpisode(state({ progress }), series)?.id;
  assert.equal(at({}), "e1");
  assert.equal(at({ e1: done, e2: done }), "e3");
  assert.equal(at({ e1: done, e2: done, e3: done }), "e1");
  assert.equal(playable(state({ answers: { s: { title: series } }, progress: { e1: done } }), "s")?.id, "e2");
});

test("every screen has a place for the focus, even before anything is known", () => {
  for (const route of [{ name: "home" }, { name: "search" }, { name: "settings" }, { name: "details", id: "x" }, { name: "player" }] as const) {
    const focus = new Focus();
    focus.show(tree(state({ stack: [route] }), focus));
    assert.ok(focus.place, route.name);
  }
});

test("a film that is refused for good offers no second try", () => {
  const failed = (code: string): string | undefined => {
    const focus = new Focus();
    const playback = { session: 1, phase: "failed", positionMs: 0, atMs: 0, rate: 1, volume: 1, muted: false, live: false, problem: { code, text: "", hint: "" } } as const;
    focus.show(tree(state({ stack: [{ name: "player" }], playback }), focus));
    return focus.place?.item;
  };
  assert.equal(failed("stream_error"), "retry");
  assert.equal(failed("window"), "leave");
});

test("the player's focus: skipping above the bar while there is something to skip, speed only where there is one", () => {
  const playback = { session: 1, phase: "playing", positionMs: 5000, atMs: 0, rate: 1, volume: 1, muted: false, live: false } as const;
  const system = (rate: boolean) => ({ version: "", demo: false, playerReady: true, player: { can: { rate } } });
  const focus = new Focus();
  const show = (more: Partial<State>): void => focus.show(tree(state({ stack: [{ name: "player" }], playback, ...more }), focus));
  show({});
  focus.to("player/bar");
  show({ skip: 10_000 });
  assert.equal(focus.place?.leaf, "player/bar", "it does not take the focus away");
  assert.equal(focus.to("player/skip"), true);
  show({});
  assert.equal(focus.place?.leaf, "player/bar", "when it goes, the focus is not lost");
  assert.equal(focus.to("player/skip"), false);
  show({ system: system(true) });
  assert.equal(focus.to("player/controls", "speed"), true);
  show({ system: system(false) });
  assert.equal(focus.to("player/controls", "speed"), false);
  show({ system: system(true), playback: { ...playback, live: true } });
  assert.equal(focus.to("player/controls", "speed"), false, "a channel has one speed");
});

test("rails by origin: enough titles, not what a service shows already, and no more than a rail holds", () => {
  const titles = Object.fromEntries([...Array(100).keys()].map((i) => [`t${i}`, title(`t${i}`, { production: i < 70 ? "own" : i < 73 ? "co-production" : "licensed" })]));
  const made = byOrigin([], titles);
  assert.deepEqual(made.map((r) => [r.id, r.titles.length]), [["home/origin-own", 60]]);
  const shown = { id: "ours", name: {}, titles: Object.keys(titles).slice(0, 68) };
  assert.deepEqual(byOrigin([shown], titles), []);
});

test("the search offers what the services' rails have, each title once, until something was found", () => {
  const rails = [{ id: "r1", name: {}, titles: ["a", "b"] }, { id: "r2", name: {}, titles: ["b", "c", "gone"] }];
  const s = state({ titles: { a: title("a"), b: title("b"), c: title("c") }, rails, progress: { c: seen(1) } });
  assert.deepEqual(shown(s), ["a", "b", "c"]);
  assert.deepEqual(shown({ ...s, found: ["c"] }), ["c"]);
  assert.deepEqual(shown({ ...s, found: [] }), []);
});
