import assert from "node:assert/strict";
import { test } from "node:test";
import { playerControls, tree } from "../src/layout";
import { Focus } from "../src/focus";
import { atLive, behind, extent, share } from "../src/live";
import { wind } from "../src/scrub";
import { first } from "../src/state";
import type { Playback } from "../src/types";

const noon = 1_800_000_000_000;
const window = { startMs: noon - 600_000, endMs: noon, liveMs: noon - 12_000, atMs: noon, slackMs: 10_000, behindMs: 0, winds: true };
const channel = (p: Partial<Playback>): Playback => ({
  session: 1, phase: "playing", positionMs: noon - 13_000, atMs: noon, rate: 1, volume: 1, muted: false, live: true, window, ...p,
});

test("who plays live stays live, who pauses falls behind", () => {
  assert.equal(behind(channel({}), noon + 60_000), 1000);
  assert.ok(atLive(channel({}), noon + 60_000));
  assert.equal(behind(channel({ phase: "paused" }), noon + 60_000), 61_000);
  assert.ok(!atLive(channel({ phase: "paused" }), noon + 60_000));
  assert.equal(behind(channel({ positionMs: noon }), noon), 0, "never ahead");
  assert.ok(atLive(channel({ window: null }), noon), "without a window nobody is late");
});

test("the bar of a channel is its window, that of a film the film", () => {
  assert.deepEqual(extent(channel({}), noon + 1000), { from: noon - 599_000, to: noon - 11_000 });
  assert.equal(extent(channel({ window: { ...window, winds: false } }), noon), undefined);
  assert.deepEqual(extent(channel({ live: false, durationMs: 5000 }), noon), { from: 0, to: 5000 });
  assert.equal(extent(channel({ live: false }), noon), undefined);
  assert.equal(share({ from: 100, to: 200 }, 150), 0.5);
  assert.deepEqual([50, 999].map((at) => share({ from: 100, to: 200 }, at)), [0, 1]);
});

test("winding stays in the window", () => {
  assert.equal(wind(noon, -10_000, noon, noon - 5000), noon - 5000);
  assert.equal(wind(noon, 10_000, noon, noon - 5000), noon);
});

test("going to live is offered to who is behind", () => {
  const s = { ...first, now: noon, playback: channel({}) };
  assert.ok(!playerControls(s).includes("live"));
  assert.ok(playerControls({ ...s, playback: channel({ positionMs: noon - 300_000 }) }).includes("live"));
  assert.ok(!playerControls(s).includes("start"));
});

test("the menu of tracks has sound beside subtitles and their timing below", () => {
  const tracks = {
    session: 1, can: { audio: true, subtitles: true, delay: true, picture: true }, audioDelayMs: 0, subtitleDelayMs: 0,
    audio: [{ id: 1, selected: true, external: false }, { id: 2, selected: false, external: false }],
    subtitles: [{ id: 1, selected: false, external: true }],
  };
  const s = { ...first, stack: [{ name: "player" } as const], playback: channel({}), tracks, menu: true };
  const focus = new Focus();
  focus.show(tree(s, focus));
  const steps = ["down", "right", "down", "down"] as const;
  const places = steps.map((dir) => (focus.move(dir), `${focus.place?.leaf} ${focus.place?.item}`));
  assert.deepEqual(places, ["player/sound 2", "player/subtitles 0", "player/subtitles 1", "player/delay audio:-"]);
});
