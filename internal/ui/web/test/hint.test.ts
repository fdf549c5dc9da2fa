import assert from "node:assert/strict";
import { test } from "node:test";
import { pointed } from "../src/hint";
import { first, type State } from "../src/state";
import type { Playback, Title } from "../src/types";

const title = (id: string, more: Partial<Title> = {}): Title => ({ id, kind: "film", name: { en: id }, ...more });
const state = (more: Partial<State>): State => ({ ...first, titles: { a: title("a") }, ...more });
const at = (leaf: string, item: string) => ({ leaf, item, index: 0 });

test("the box is told what OK would start, and why", () => {
  const series = title("s", { kind: "series", seasons: [{ number: 1, name: {}, episodes: [title("e1"), title("e2")] }] });
  const seen = { positionMs: 9, durationMs: 9, finished: true, updatedMs: 1 };
  const details: Partial<State> = { stack: [{ name: "home" }, { name: "details", id: "s" }], answers: { s: { title: series }, e2: { title: title("e2") } }, progress: { e1: seen } };
  const film: Partial<State> = { stack: [{ name: "home" }, { name: "player" }], playback: { nextId: "e2" } as Playback };
  const cases: [string, State, unknown][] = [
    ["a tile", state({ place: at("home/r1", "a") }), { titleId: "a", place: "tile" }],
    ["among those begun", state({ place: at("home/continue", "a") }), { titleId: "a", place: "continue" }],
    ["the menu", state({ place: at("menu", "home") }), {}],
    ["a series' page: its next episode", state({ ...details, place: at("details/s/buttons", "play") }), { titleId: "e2", place: "details" }],
    ["an episode on that page", state({ ...details, place: at("details/s/season1", "e2") }), { titleId: "e2", place: "tile" }],
    ["a PIN is entered", state({ place: at("pad", "1"), pad: { title: "who.pin", name: "", digits: "", again: undefined, problem: undefined, busy: false } }), { secret: true }],
    ["a film is on", state(film), {}],
    ["its credits count down", state({ ...film, nextIn: 8 }), { titleId: "e2", place: "countdown" }],
  ];
  for (const [name, s, want] of cases) assert.deepEqual(pointed(s), want, name);
});

test("the large title of a home screen that just came up is one that nobody chose", () => {
  const cases: [string, State, boolean, unknown][] = [
    ["it came up", state({ place: at("home/r1", "a") }), true, { titleId: "a", place: "hero" }],
    ["a key was pressed", state({ place: at("home/r1", "a") }), false, { titleId: "a", place: "tile" }],
    ["it is one that was begun", state({ place: at("home/continue", "a") }), true, { titleId: "a", place: "continue" }],
    ["another screen", state({ stack: [{ name: "search" }], place: at("search/results", "a") }), true, { titleId: "a", place: "tile" }],
  ];
  for (const [name, s, arrived, want] of cases) assert.deepEqual(pointed(s, arrived), want, name);
});
