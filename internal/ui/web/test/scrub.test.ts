import assert from "node:assert/strict";
import { test } from "node:test";
import { positionAt, untilNext, wind, windStep } from "../src/scrub";
import type { Playback } from "../src/types";

const film = (p: Partial<Playback>): Playback => ({
  session: 1, phase: "playing", positionMs: 60_000, atMs: 1000, durationMs: 120_000, rate: 1, volume: 1, muted: false, live: false, ...p,
});

test("the position runs on only while playing, and stays in the film", () => {
  assert.equal(positionAt(film({}), 3000), 62_000);
  assert.equal(positionAt(film({ rate: 2 }), 3000), 64_000);
  assert.equal(positionAt(film({}), 0), 60_000, "a clock behind does not wind back");
  assert.equal(positionAt(film({}), 10_000_000), 120_000);
  for (const phase of ["paused", "buffering", "recovering", "opening"] as const) {
    assert.equal(positionAt(film({ phase }), 3000), 60_000, phase);
  }
  assert.equal(positionAt(film({ durationMs: 0 }), 3000), 62_000, "live has no end");
});

test("winding: 10 s, then 30, 60 and 300 when held", () => {
  const hours = 3 * 3_600_000;
  assert.deepEqual([0, 1600, 4000, 8000].map((held) => windStep(held, hours)), [10_000, 30_000, 60_000, 300_000]);
  assert.equal(windStep(8000, 120_000), 10_000, "not more than a twelfth of a short film");
});

test("a target stays inside the film", () => {
  assert.equal(wind(5000, -10_000, 60_000), 0);
  assert.equal(wind(55_000, 10_000, 60_000), 59_000);
});

test("the next episode is announced in the last 15 s, and only then", () => {
  const last = film({ nextId: "s:e2", positionMs: 110_000 });
  assert.equal(untilNext(last, 1000), 10);
  assert.equal(untilNext(last, 3500), 8);
  assert.equal(untilNext({ ...last, phase: "ended" }, 1000), 0);
  assert.equal(untilNext({ ...last, phase: "paused" }, 1000), undefined);
  assert.equal(untilNext({ ...last, positionMs: 100_000 }, 1000), undefined);
  assert.equal(untilNext(film({ positionMs: 110_000 }), 1000), undefined, "no next episode");
  assert.equal(untilNext({ ...last, live: true }, 1000), undefined);
});
