import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonOf, scene } from "../src/sofa";
import type { Power, System, Television } from "../src/types";

test("while the remote is in the hand the keyboard has its buttons", () => {
  assert.equal(buttonOf("ArrowUp", false), "up");
  assert.equal(buttonOf("P", false), "power");
  assert.equal(buttonOf(" ", true), "pause");
  assert.equal(buttonOf(" ", false), "play");
  assert.equal(buttonOf("q", false), undefined);
  assert.equal(buttonOf("constructor", false), undefined);
});

test("the little screen shows what the television shows", () => {
  const system = (tv: Partial<Television>, state: Power["state"] = "on"): System => ({
    version: "1", demo: true, playerReady: true, player: {}, power: { state, inhibitors: [] },
    tv: { present: true, power: "on", active: true, reason: "", sound: "tv", volume: 20, muted: false, ...tv },
  });
  assert.equal(scene(system({})), "box");
  assert.equal(scene(system({}, "standby")), "asleep");
  assert.equal(scene(system({ active: false })), "other");
  assert.equal(scene(system({ power: "turning on", active: false })), "starting");
  assert.equal(scene(system({ power: "standby" })), "off");
  assert.equal(scene(system({ present: false })), "off");
});
