import assert from "node:assert/strict";
import { test } from "node:test";
import { editKeys, keyboard, keyFace } from "../src/keyboard";
import { languages } from "../src/text";

test("every language has a keyboard whose keys are there once and fill a screen", () => {
  for (const [lang] of languages) {
    const { keys, cols } = keyboard(lang, false);
    assert.equal(new Set(keys).size, keys.length, lang);
    assert.ok(Math.ceil(keys.length / cols) <= 8, `${lang}: ${keys.length} keys in ${cols} columns`);
  }
  assert.ok(["ä", "ß"].every((k) => keyboard("de", false).keys.includes(k)));
  assert.deepEqual(keyboard("th", true), keyboard("en", false), "Latin letters beside Thai ones");
  assert.deepEqual([editKeys("th").length, editKeys("en").length], [4, 3]);
});

test("marks stand on something", () => {
  assert.deepEqual([keyFace("ั"), keyFace("ก"), keyFace("a"), keyFace("ß")], ["◌ั", "ก", "A", "ß"]);
});
