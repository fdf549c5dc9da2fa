import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, groupOf } from "../src/speech";

/** An element as far as the voice looks at it. */
function element(attributes: Record<string, string>, text = "", group?: string, quiet = false): Element {
  const of = (all: Record<string, string>) => (name: string): string | null => all[name] ?? null;
  const parent = { closest: () => (group === undefined ? null : { getAttribute: of({ "aria-label": group }) }) };
  return { getAttribute: of(attributes), textContent: text, parentElement: parent, closest: () => (quiet ? {} : null) } as unknown as Element;
}

Object.assign(globalThis, { document: { body: undefined } });

test("a place is one sentence: where it is if that is new, what it is, which of how many", () => {
  const tile = element({ "aria-label": "The Lantern Coast, 2 min", "aria-posinset": "1", "aria-setsize": "3" }, "", "Tonight");
  assert.equal(describe(tile, "", "en"), "Tonight, The Lantern Coast, 2 min, 1 of 3");
  assert.equal(describe(tile, "Tonight", "en"), "The Lantern Coast, 2 min, 1 of 3", "the rail is not said again");
  assert.equal(groupOf(tile), "Tonight");
});

test("states are said, and text is spaced", () => {
  assert.equal(describe(element({ "aria-pressed": "true" }, "  German \n 5.1 "), "", "en"), "German 5.1, chosen");
  assert.equal(describe(element({ role: "tab", "aria-selected": "true" }, "Season 1"), "", "en"), "Season 1, chosen");
  assert.equal(describe(element({ "aria-label": "Position", "aria-valuetext": "0:10 of 2:00" }), "", "en"), "Position, 0:10 of 2:00");
});

test("a PIN is never said", () => {
  assert.equal(describe(element({}, "7", "PIN", true), "", "en"), "");
  assert.equal(describe(null, "", "en"), "");
});
