import assert from "node:assert/strict";
import { test } from "node:test";
import { Focus } from "../src/focus";
import { tree } from "../src/layout";
import { asking, changes, hours, rowsOf, turned } from "../src/people";
import type { Draft } from "../src/state";
import { buyText, payable, saleButtons, wayText, waysToBuy } from "../src/sales";
import { begins } from "../src/screens/label";
import { first, rows, type State } from "../src/state";
import type { Household, Playback, Profile, Sale, Summary } from "../src/types";

const limits = [0, 6, 12, 18].map((minAge) => ({ system: "FSK", label: String(minAge), minAge }));
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  id, name: id, avatar: "fox", kids: false, limit: limits[3] as Profile["limit"], unrated: false, watershed: { minAge: 0, from: 0, until: 0 }, pin: false, insights: false, ...more,
});
const household = (more: Partial<Household> = {}): Household => ({
  revision: 1, current: "main", last: "main", profiles: [profile("main"), profile("ida", { kids: true, limit: limits[1] as Profile["limit"] })],
  watchlist: [], limits, avatars: ["fox", "owl"], ...more,
});
const state = (more: Partial<State>): State => ({ ...first, ...more });
const draft: Draft = {
  id: "", name: "", avatar: "fox", kids: false, maxAge: 18, unrated: false, watershed: { minAge: 0, from: 0, until: 0 }, language: "", audio: "", subtitles: "",
};

test("until somebody said who watches, there is nothing but faces to reach", () => {
  const s = state({ household: household({ current: "" }), stack: [{ name: "who", edit: false }] });
  assert.ok(asking(s));
  const focus = new Focus();
  focus.show(tree(s, focus));
  assert.equal(focus.place?.item, "main");
  assert.ok(!focus.move("up") && !focus.move("down") && focus.move("right"));
  assert.equal(focus.place?.item, "ida");
});

test("a PIN that is asked for has the focus, whatever is below", () => {
  const pad = { title: "who.pin" as const, name: "Ida", digits: "", again: undefined, problem: undefined, busy: false };
  const s = state({ household: household(), pad });
  const focus = new Focus();
  focus.show(tree(s, focus));
  assert.equal(focus.place?.leaf, "pad");
});

test("a child gets a limit, and no more than its rows", () => {
  const h = household();
  let d = turned(draft, "kids", h);
  assert.equal(d.maxAge, 12);
  for (const want of [0, 6, 12]) assert.equal((d = turned(d, "limit", h)).maxAge, want); // eighteen is no limit
  assert.deepEqual(hours(limits, 12).map((x) => x.minAge), [0, 6, 12]);
  assert.equal(turned(d, "watershed", h).watershed.minAge, 6);
  const s = state({ household: h, draft: d });
  assert.deepEqual(rowsOf(s), ["name", "avatar", "kids", "limit", "watershed", "language", "audio", "subtitles", "save"]);
  assert.deepEqual(rowsOf(state({ household: h, draft: { ...draft, id: "main" } })), ["name", "avatar", "language", "audio", "subtitles", "save", "insights", "pin"]);
});

test("only what differs of a profile is sent", () => {
  const was = profile("ida", { kids: true, limit: limits[1] as Profile["limit"] });
  const d: Draft = { ...draft, id: "ida", name: "Ida", kids: true, maxAge: 6 };
  assert.deepEqual(changes(d, was), { id: "ida", name: "Ida" });
  assert.ok(!("id" in changes({ ...d, id: "" }, undefined)));
});

test("the watchlist is a row of its own, with what is known of it", () => {
  const t: Summary = { id: "a", kind: "film", name: { en: "A" } };
  const s = state({ household: household({ watchlist: ["a", "gone"] }), rails: [], titles: { a: t } });
  assert.deepEqual(rows(s).map((r) => [r.id, r.titles]), [["home/watchlist", ["a"]]]);
});

test("ways to buy: none for a child, none for what is free", () => {
  const t: Summary = { id: "a", kind: "film", name: { en: "A" }, terms: [{ kind: "subscription" }, { kind: "rent", priceMinor: 399, currency: "EUR", billing: "post-paid" }] };
  const s = state({ household: household(), titles: { a: t, b: { ...t, id: "b", terms: [{ kind: "free" }, { kind: "buy" }] } } });
  assert.deepEqual(waysToBuy(s, "a").map((x) => x.kind), ["subscription", "rent"]);
  assert.equal(buyText(t.terms?.[1] ?? { kind: "free" }, "en"), "Rent for €3.99");
  assert.equal(wayText(t.terms?.[1] ?? { kind: "free" }, "en"), "Rent: €3.99, billed later");
  assert.deepEqual(waysToBuy(s, "b"), []);
  assert.deepEqual(waysToBuy({ ...s, household: household({ current: "ida" }) }, "a"), []);
});

test("what can be done about a purchase", () => {
  const of = (more: Sale["state"]): string => saleButtons({ id: "x", state: more } as Sale).join(" ");
  assert.equal(of("created"), "cancel");
  assert.equal(of("accepted"), "close");
  assert.equal(of("fulfilled"), "play close");
  assert.equal(of("declined"), "again close");
  assert.ok(payable({ id: "x", state: "scanned" }) && !payable({ id: "x", state: "paid" }));
});

test("the label of AI comes with the start and with each seek", () => {
  const p: Playback = { session: 1, phase: "playing", titleId: "a", positionMs: 1000, atMs: 1000, rate: 1, volume: 1, muted: false, live: false };
  assert.ok(begins(undefined, p));
  assert.ok(begins({ ...p, phase: "opening" }, p));
  assert.ok(begins(p, { ...p, session: 2 }));
  assert.ok(!begins(p, { ...p, positionMs: 3000, atMs: 3000 }));
  assert.ok(begins(p, { ...p, positionMs: 30_000, atMs: 3000 }));
  assert.ok(!begins(p, { ...p, phase: "paused", positionMs: 2000, atMs: 2000 }));
});
