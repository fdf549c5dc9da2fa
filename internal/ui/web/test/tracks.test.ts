import assert from "node:assert/strict";
import { test } from "node:test";
import { callFor, choices, delayText, hasChoices, trackName } from "../src/tracks";
import type { Tracks } from "../src/types";

const tracks = (t: Partial<Tracks>): Tracks => ({
  session: 1, can: { audio: true, subtitles: true, delay: true, picture: true }, audioDelayMs: 0, subtitleDelayMs: 0,
  audio: [{ id: 1, selected: true, external: false }], subtitles: [{ id: 1, selected: false, external: false }], ...t,
});

test("what the player cannot do is not offered", () => {
  const none = tracks({ can: { audio: false, subtitles: false, delay: false, picture: false } });
  assert.deepEqual(choices(none), { sound: [], subtitles: [], delay: [] });
  assert.ok(!hasChoices(none));
  assert.ok(!hasChoices(undefined));
  assert.ok(!hasChoices(tracks({ can: { ...none.can, audio: true } })), "one sound is no choice");
  assert.deepEqual(choices(tracks({ subtitles: null })).subtitles, [], "no subtitles, no none");
  assert.deepEqual(choices(tracks({ subtitles: [] })).delay, ["audio:-", "audio:+"]);
});

test("presses become calls", () => {
  assert.deepEqual(callFor(tracks({}), "player/sound", "2"), { method: "player.choose", params: { kind: "audio", id: 2 } });
  assert.deepEqual(callFor(tracks({}), "player/subtitles", "0"), { method: "player.choose", params: { kind: "subtitles", id: 0 } });
  const delay = (t: Partial<Tracks>, item: string) => callFor(tracks(t), "player/delay", item)?.params;
  assert.deepEqual(delay({ audioDelayMs: 200 }, "audio:-"), { kind: "audio", ms: 100 });
  assert.deepEqual(delay({ subtitleDelayMs: 10_000 }, "subtitles:+"), { kind: "subtitles", ms: 10_000 }, "no further");
  assert.equal(callFor(undefined, "player/delay", "audio:+"), undefined);
  assert.equal(callFor(tracks({}), "player/bar", "bar"), undefined);
});

test("tracks have names in the reader's language", () => {
  const t = { id: 3, selected: false, external: false };
  assert.equal(trackName({ ...t, language: "de" }, "en"), "German");
  assert.equal(trackName({ ...t, language: "de", title: "Comments", channels: 6 }, "de"), "Deutsch · Comments · 5.1");
  assert.equal(trackName({ ...t, title: "Director" }, "en"), "Director");
  assert.equal(trackName({ ...t, language: "und" }, "en"), "3");
  assert.equal(trackName({ ...t, language: "?!" }, "en"), "?!");
  assert.deepEqual([-1500, 0, 100].map((ms) => delayText(ms, "en")), ["-1.5 s", "0.0 s", "+0.1 s"]);
});
