import assert from "node:assert/strict";
import { test } from "node:test";
import { Focus, type Dir, type Node } from "../src/focus";

const home = (a = ["a1", "a2", "a3"], b = ["b1", "b2"]): Node => ({
  id: "root", axis: "y",
  kids: [
    { id: "menu", items: ["home", "search"] },
    { id: "rows", axis: "y", kids: [{ id: "a", items: a }, { id: "none", items: [] }, { id: "b", items: b }] },
  ],
});

function walk(f: Focus, ...dirs: Dir[]): string | undefined {
  for (const d of dirs) f.move(d);
  return f.place?.item;
}

test("arrows reach everything, empty rows are passed over, edges do not wrap", () => {
  const f = new Focus();
  f.show(home());
  assert.equal(f.place?.item, "home");
  assert.equal(walk(f, "down"), "a1");
  assert.equal(walk(f, "right", "right"), "a3");
  assert.equal(f.move("right"), false);
  assert.equal(walk(f, "down"), "b1");
  assert.equal(f.move("down"), false);
  assert.equal(walk(f, "left"), "b1");
});

test("each row remembers its column", () => {
  const f = new Focus();
  f.show(home());
  walk(f, "down", "right", "down", "right");
  assert.equal(f.place?.item, "b2");
  assert.equal(walk(f, "up"), "a2");
  assert.equal(walk(f, "down"), "b2");
  assert.equal(walk(f, "up", "up"), "home");
  assert.equal(walk(f, "down"), "a2");
});

test("the focus follows its element when others come and go before it", () => {
  const f = new Focus();
  f.show(home());
  walk(f, "down", "right");
  f.show(home(["new", "a1", "a2", "a3"]));
  assert.deepEqual(f.place, { leaf: "a", item: "a2", index: 2 });
});

test("the focus is never lost: the nearest one that is left takes over", () => {
  const f = new Focus();
  f.show(home());
  walk(f, "down", "right", "right");
  f.show(home(["a1", "a2"]));
  assert.equal(f.place?.item, "a2");
  f.show(home([]));
  assert.equal(f.place?.item, "b1");
  f.show(home([], []));
  assert.equal(f.place?.item, "home");
  f.show({ id: "root", axis: "y", kids: [] });
  assert.equal(f.place, undefined);
  assert.equal(f.move("down"), false);
});

test("a covered screen keeps its place", () => {
  const f = new Focus();
  f.show(home());
  walk(f, "down", "right", "down", "right");
  f.show({ id: "details", axis: "y", kids: [{ id: "buttons", items: ["play"] }] });
  assert.equal(f.place?.item, "play");
  assert.equal(f.at("a"), 1);
  assert.equal(f.childOf("rows"), "b");
  f.show(home());
  assert.equal(f.place?.item, "b2");
});

test("a grid moves in both directions and steps out at its sides", () => {
  const f = new Focus();
  const letters = [..."abcdefgh"];
  f.show({ id: "root", axis: "x", kids: [{ id: "keys", items: letters, cols: 3 }, { id: "found", items: ["x", "y"], cols: 2 }] });
  assert.equal(walk(f, "right", "down"), "e");
  assert.equal(walk(f, "right"), "f");
  assert.equal(walk(f, "down"), "h", "down onto a short last line takes its last item");
  assert.equal(f.move("down"), false);
  assert.equal(walk(f, "up", "right", "right"), "x");
  assert.equal(walk(f, "left"), "f", "back where it was left");
  assert.equal(walk(f, "left", "left", "left"), "d");
});

test("to, preset and forget", () => {
  const f = new Focus();
  f.show(home());
  assert.equal(f.to("b", "b2"), true);
  assert.equal(f.place?.item, "b2");
  assert.equal(f.to("b", "gone"), false);
  assert.equal(f.to("none"), false);
  f.preset("menu", "search");
  assert.equal(f.place?.item, "b2", "preset does not move the focus");
  f.to("menu");
  assert.equal(f.place?.item, "search");
  f.forget("b");
  f.to("b");
  assert.equal(f.place?.item, "b1");
});

test("ten thousand random keys: always exactly one focus", () => {
  const f = new Focus();
  f.show(home());
  const dirs: Dir[] = ["up", "down", "left", "right"];
  let seed = 1;
  for (let i = 0; i < 10_000; i++) {
    seed = (seed * 48_271) % 2_147_483_647;
    if (seed % 97 === 0) f.show(home(seed % 2 ? ["a1"] : ["a1", "a2", "a3"], seed % 3 ? ["b1", "b2"] : []));
    f.move(dirs[seed % 4] as Dir);
    assert.ok(f.place, `lost at key ${i}`);
  }
});
