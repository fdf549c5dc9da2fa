import assert from "node:assert/strict";
import { test } from "node:test";
import { absentOf, nextValue, rowsOf, sectionNames, sections, valuesOf, valueText } from "../src/choices";
import { bytes } from "../src/format";
import { known, type Word } from "../src/text";
import type { Settings } from "../src/types";

const settings: Settings = {
  values: { "subtitle.size": "100", language: "" },
  list: [
    { name: "language", values: ["", "auto", "en", "th"], default: "" },
    { name: "subtitle.size", values: ["50", "100", "150"], default: "100" },
    { name: "tv.wake", values: ["key", "never"], default: "key", absent: "tv" },
    { name: "power.idle", values: ["0", "90"], default: "90" },
  ],
  asks: true,
};

test("what a box cannot keep is not offered, and the reason is known", () => {
  assert.deepEqual(rowsOf(settings, "subtitles"), ["subtitle.size"]);
  assert.deepEqual(rowsOf(settings, "remote"), ["power.idle"]);
  assert.equal(absentOf(settings, "remote"), "tv");
  assert.equal(absentOf(settings, "subtitles"), undefined);
  assert.deepEqual(rowsOf(undefined, "language"), [], "before the box has answered");
});

test("once asked for, the language is one", () => {
  assert.deepEqual(valuesOf(settings, "language"), ["auto", "en", "th"]);
});

test("values are said in words, in percent, in time", () => {
  assert.equal(valueText("language", "th", "en"), "ไทย");
  assert.equal(valueText("subtitle.size", "150", "en"), "150%");
  assert.equal(valueText("subtitle.dense", "0", "en"), "None");
  assert.equal(valueText("power.idle", "90", "en"), "1 h 30 min");
  assert.equal(valueText("power.idle", "0", "en"), "Never");
  assert.equal(valueText("picture.height", "2160", "en"), "2160p");
  assert.equal(valueText("subtitle.color", "mauve", "en"), "mauve", "of a newer box");
});

test("over the film a value follows the other, around the ends", () => {
  const all = ["50", "100", "150"];
  assert.deepEqual([nextValue(all, "100", 1), nextValue(all, "150", 1), nextValue(all, "50", -1)], ["150", "50", "150"]);
  assert.equal(nextValue([], "7", 1), "7");
});

test("every part and every setting has its name", () => {
  for (const name of sectionNames) {
    assert.ok(known(`settings.${name}`), name);
    for (const row of sections[name]) assert.ok(known(`setting.${row}` as Word), row);
  }
});

test("amounts are read at a glance", () => {
  const plain = (n: number, lang: "en" | "de"): string => bytes(n, lang).replace(/\s/g, " ");
  assert.deepEqual([plain(0, "en"), plain(613_000, "en"), plain(2_147_483_648, "de")], ["0 kB", "613 kB", "2,1 GB"]);
});
