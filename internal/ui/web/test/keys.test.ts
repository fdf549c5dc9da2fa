import assert from "node:assert/strict";
import { test } from "node:test";
import { fromKeyboard, fromRemote, Gate } from "../src/keys";

test("keyboards, TV browsers and remotes speak of the same keys", () => {
  for (const key of ["Escape", "Backspace", "BrowserBack", "GoBack"]) assert.equal(fromKeyboard(key), "back");
  assert.equal(fromKeyboard("MediaPlayPause"), "playpause");
  assert.equal(fromKeyboard("q"), undefined);
  assert.equal(fromKeyboard("constructor"), undefined);
  assert.equal(fromRemote("ok"), "ok");
  assert.equal(fromRemote("toString"), undefined);
});

test("a held key moves about ten times a second, then faster", () => {
  const gate = new Gate();
  assert.equal(gate.admit("right", false, 0), true);
  let early = 0;
  let late = 0;
  for (let t = 500; t <= 4000; t += 33) {
    if (!gate.admit("right", true, t)) continue;
    if (t < 1000) early++;
    if (t >= 3000) late++;
  }
  assert.ok(early >= 4 && early <= 8, `${early} in the first half second`);
  assert.ok(late >= 12 && late <= 26, `${late} in the last second`);
});

test("OK and Back do not repeat; a fresh press always counts", () => {
  const gate = new Gate();
  assert.equal(gate.admit("ok", false, 0), true);
  assert.equal(gate.admit("ok", true, 600), false);
  assert.equal(gate.admit("back", true, 700), false);
  assert.equal(gate.admit("left", false, 701), true);
  assert.equal(gate.admit("left", false, 702), true);
});

test("the time a key was held ends with its release", () => {
  const gate = new Gate();
  gate.admit("right", false, 1000);
  assert.equal(gate.heldFor(3000), 2000);
  gate.release();
  assert.equal(gate.heldFor(3000), 0);
});
