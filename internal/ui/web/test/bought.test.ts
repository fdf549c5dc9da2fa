import assert from "node:assert/strict";
import { test } from "node:test";
import { boughtNote, boughtRows, boughtState, standingText, worthARow } from "../src/bought";
import { Focus } from "../src/focus";
import { tree } from "../src/layout";
import { first, type State } from "../src/state";
import type { Entry, Sale } from "../src/types";

const sale = (id: string, state: Sale["state"], more: Partial<Sale> = {}): Sale =>
  ({ id, state, kind: "rent", priceMinor: 399, currency: "EUR", begunMs: Date.UTC(2026, 10, 21, 12), balance: {}, ...more }) as Sale;

test("tries that came to nothing are no rows", () => {
  const all = [sale("a", "fulfilled"), sale("b", "cancelled"), sale("c", "expired"), sale("d", "declined"), sale("e", "refunded"), sale("f", "created")];
  assert.deepEqual(worthARow(all).map((p) => p.id), ["a", "e", "f"]);
});

test("the rows are walked by keys", () => {
  const s: State = { ...first, stack: [{ name: "home" }, { name: "bought" }], bought: { list: [sale("a", "paid"), sale("b", "paid")], entries: [], whole: true } };
  assert.deepEqual(boughtRows(s), ["a", "b"]);
  assert.deepEqual(boughtRows(first), []);
  const focus = new Focus();
  focus.show(tree(s, focus));
  focus.to("bought/rows", "a");
  focus.move("down");
  assert.deepEqual([focus.place?.leaf, focus.place?.item], ["bought/rows", "b"]);
  focus.move("down");
  assert.deepEqual([focus.place?.leaf, focus.place?.item], ["bought/buttons", "close"]);
});

test("a purchase says how, for how much, when, and its receipt", () => {
  assert.equal(boughtNote(sale("a", "fulfilled", { receipt: "R-1" }), "en"), "Rented · €3.99 · Nov 21, 2026 · receipt R-1");
  assert.equal(boughtNote(sale("a", "fulfilled", { kind: "subscription" }), "en"), "Subscription · Nov 21, 2026");
});

test("a refund has its day from the ledger", () => {
  const entry = { seq: 2, at: "2026-11-23T12:00:00Z", kind: "refund", service: "s", intent: "a", prev: "", hash: "" } as Entry;
  assert.equal(boughtState(sale("a", "refunded"), [entry], "en"), "Money given back on Nov 23, 2026");
  assert.equal(boughtState(sale("b", "refunded"), [entry], "en"), "Money given back");
  assert.equal(boughtState(sale("b", "accepted"), [entry], "en"), "On the bill");
});

test("how the household stands, as far as there is something to say", () => {
  assert.equal(standingText({ service: "s", currency: "EUR", owedMinor: 399, limitMinor: 2000, vouchers: 2 }, "Films", "A month", "en"), "Films: plan A month · On your bill: €3.99 of €20.00 · 2 vouchers left");
  assert.equal(standingText({ service: "s" }, "Films", "", "en"), "");
});
