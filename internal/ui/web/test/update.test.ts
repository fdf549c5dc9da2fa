import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirmwareView } from "../src/api";
import { first } from "../src/state";
import { stageText, updateRows, waitsText } from "../src/update";

const offer: FirmwareView = { stage: "offered", version: "1", slot: "a", offer: "2", laterLeft: 2 };

const rows = (firmware: FirmwareView | undefined): string[] =>
  updateRows({ ...first, system: { version: "1", demo: false, playerReady: true, player: {}, firmware } as never });

test("what can be done about an update", () => {
  assert.deepEqual(rows(undefined), [], "a box without slots");
  assert.deepEqual(rows({ stage: "idle", version: "1", slot: "a", laterLeft: 3 }), ["version", "state", "check"]);
  assert.deepEqual(rows(offer), ["version", "offer", "state", "install", "later"]);
  assert.deepEqual(rows({ ...offer, laterLeft: 0 }), ["version", "offer", "state", "install"], "put off too often");
  assert.deepEqual(rows({ ...offer, installsNow: true }), ["version", "offer", "state", "install"]);
  assert.deepEqual(rows({ ...offer, stage: "switching" }), ["version", "offer", "state"]);
});

test("how it stands, and why it waits", () => {
  assert.equal(stageText({ ...offer, stage: "writing", percent: 42 }, "en"), "42 % is here");
  assert.equal(waitsText(offer, "en"), "");
  assert.equal(waitsText({ ...offer, waits: "watching" }, "en"), "Waits while a film plays.");
  assert.match(waitsText({ ...offer, laterMs: Date.now() }, "en"), /^Put off until \w+day.* \d/);
});
