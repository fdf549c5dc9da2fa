import assert from "node:assert/strict";
import { test } from "node:test";
import { chapterAt, inHand, marks, nextRate, outlasted, positionAt, skipTo, untilNext, wind, windStep } from "../src/scrub";
import type { Playback } from "../src/types";

const film = (p: Partial<Playback>): Playback => ({
  session: 1, phase: "playing", positionMs: 60_000, atMs: 1000, durationMs: 120_000, rate: 1, volume: 1, muted: false, live: false, ...p,
});

test("what is in hand shrinks while the film plays and nothing comes", () => {
  const p = film({ heldMs: 108_000 });
  assert.equal(inHand(p, 1000), 48_000);
  assert.equal(inHand(p, 31_000), 18_000);
  assert.equal(inHand(film({ heldMs: 108_000, phase: "paused" }), 31_000), 48_000);
  assert.equal(inHand(p, 100_000), 0);
  assert.equal(inHand(film({}), 1000), undefined);
  assert.equal(inHand(film({ live: true, durationMs: 0, positionMs: 1_795_000_000_000, heldMs: 1_795_000_012_000 }), 5000), 8000, "programme times");
  assert.ok(outlasted("network_lost") && !outlasted("no_player"));
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

test("with credits known, the next episode is announced for 10 s from there", () => {
  const e = film({ nextId: "s:e2", durationMs: 600_000, creditsMs: 500_000 });
  const at = (positionMs: number, since?: number, more: Partial<Playback> = {}): number | undefined =>
    untilNext({ ...e, positionMs, ...more }, 1000, since);
  assert.equal(at(499_999), undefined);
  assert.equal(at(500_000), 10);
  assert.equal(at(504_000, 500_000), 6);
  assert.equal(at(511_000, 500_000), 0);
  assert.equal(at(550_000), 10, "wound into the credits: the whole time to decline");
  assert.equal(at(595_000), 5, "not beyond the end");
  assert.equal(at(504_000, 500_000, { rate: 2 }), 8, "seconds of the clock on the wall");
  assert.equal(at(500_000, undefined, { nextId: "" }), undefined, "a film without a next one just ends");
});

test("the time to the next episode never rises while the film runs, at any rate", () => {
  for (const creditsMs of [undefined, 1000, 300_000, 595_000, 600_000]) {
    for (const rate of [0.5, 0.75, 1, 1.5, 2]) {
      let since: number | undefined;
      let last = Infinity;
      for (let positionMs = 0; positionMs <= 600_000; positionMs += 250) {
        const left = untilNext(film({ nextId: "n", durationMs: 600_000, positionMs, rate, ...(creditsMs ? { creditsMs } : {}) }), 1000, since);
        if (left === undefined) continue;
        since ??= positionMs;
        assert.ok(left <= last && left >= 0 && left <= 30, `${left} after ${last}`);
        last = left;
      }
      assert.equal(last, 0, `credits at ${creditsMs}, rate ${rate}: it is never time`);
    }
  }
});

test("the opening titles can be skipped while they are on, and only then", () => {
  const e = film({ introFromMs: 3000, introToMs: 10_000 });
  const at = (positionMs: number, more: Partial<Playback> = {}): number | undefined => skipTo({ ...e, positionMs, ...more }, 1000);
  assert.deepEqual([2999, 3000, 9000, 9001, 60_000].map((ms) => at(ms)), [undefined, 10_000, 10_000, undefined, undefined]);
  assert.equal(at(5000, { phase: "paused" }), 10_000);
  assert.equal(at(5000, { phase: "opening" }), undefined);
  assert.equal(at(5000, { live: true }), undefined);
  assert.equal(skipTo(film({ positionMs: 0, introToMs: 8000 }), 1000), 8000, "from the very beginning");
  assert.equal(skipTo(film({ positionMs: 0 }), 1000), undefined, "none known");
});

test("the speeds go round, from wherever another screen has left them", () => {
  const seen = [1];
  while (seen.length < 6) seen.push(nextRate(seen.at(-1) as number));
  assert.deepEqual(seen, [1, 1.25, 1.5, 2, 0.5, 0.75]);
  assert.equal(nextRate(0.5), 0.75);
  assert.equal(nextRate(1.1), 1.25);
});

test("the chapter of a place", () => {
  const name = { en: "C" };
  const p = film({ durationMs: 600_000, positionMs: 100_000, phase: "paused", introToMs: 20_000, creditsMs: 590_000, chapters: [0, 60_000, 200_000].map((atMs) => ({ atMs, name })) });
  assert.deepEqual([0, 59_999, 60_000, 599_999].map((at) => chapterAt(p, at)), [0, 0, 1, 2]);
  assert.equal(chapterAt(film({ chapters: [{ atMs: 5000, name }] }), 0), -1, "before the first");
  assert.equal(chapterAt(film({}), 0), -1);
  assert.deepEqual(marks(p), [60_000, 200_000, 20_000, 590_000]);
});
