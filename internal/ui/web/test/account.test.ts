import assert from "node:assert/strict";
import { test } from "node:test";
import { accountButtons, accountShown, codeLeft, modules } from "../src/account";
import { Focus } from "../src/focus";
import { menuItems, remedies, tree } from "../src/layout";
import { first, type State } from "../src/state";
import type { Account, Playback, Profile } from "../src/types";

const account = (service: string, phase: Account["phase"], more: Partial<Account> = {}): Account => ({ service, phase, attempt: 0, away: false, telling: false, ...more });
const state = (...accounts: Account[]): State => ({ ...first, pairing: { keys: { tier: "file", bound: false, sealed: false }, accounts } });

test("the screen is about the account chosen, else the first that is not connected", () => {
  const s = state(account("a", "paired"), account("b", "idle"));
  assert.equal(accountShown(s)?.service, "b");
  assert.equal(accountShown({ ...s, account: "a" })?.service, "a");
  assert.equal(accountShown(state(account("a", "paired")))?.service, "a");
  assert.equal(accountShown(first), undefined);
});

test("what can be done follows the phase, and nothing begins by itself", () => {
  const buttons = (phase: Account["phase"]): string[] => accountButtons(account("a", phase), undefined);
  assert.deepEqual(["idle", "denied", "expired", "failed"].map((p) => buttons(p as Account["phase"])[0]), ["pair", "pair", "pair", "pair"]);
  assert.deepEqual(buttons("asking"), ["cancel"]);
  assert.deepEqual(buttons("waiting"), ["cancel"]);
  assert.deepEqual(buttons("paired"), ["unpair", "bought"]);
  assert.deepEqual(accountButtons(account("a", "paired"), { kids: true } as Profile), ["unpair"]);
  assert.deepEqual(accountButtons(undefined, undefined), []);
});

test("a code is shown for as long as it is good, and no longer", () => {
  const a = account("a", "waiting", { expiresAtMs: 600_000 });
  assert.equal(codeLeft(a, 0), "10:00");
  assert.equal(codeLeft(a, 594_500), "0:06");
  assert.equal(codeLeft(a, 600_000), "");
  assert.equal(codeLeft(account("a", "waiting"), 1), "");
});

test("a QR code is drawn by runs, and every dark module once", () => {
  assert.equal(modules(3, "110" + "000" + "101"), "M0 0h2v1h-2zM0 2h1v1h-1zM2 2h1v1h-1z");
  assert.equal(modules(2, "0000"), "");
});

test("the menu has accounts where there are some, and their screen is walked by keys", () => {
  assert.deepEqual(menuItems(first), ["home", "search", "settings", "who"]);
  const s: State = { ...state(account("a", "idle"), account("b", "paired")), stack: [{ name: "home" }, { name: "account" }] };
  assert.deepEqual(menuItems(s), ["home", "search", "account", "settings", "who"]);
  const focus = new Focus();
  focus.show(tree(s, focus));
  focus.to("menu", "account");
  focus.move("down");
  assert.equal(focus.place?.leaf, "account/services");
  focus.move("down");
  assert.deepEqual([focus.place?.leaf, focus.place?.item], ["account/buttons", "pair"]);
});

test("a title that needs an account leads to one", () => {
  const failed = (code: string): Playback => ({ session: 1, phase: "failed", positionMs: 0, atMs: 0, rate: 1, volume: 1, muted: false, live: false, problem: { code, text: "", hint: "" } });
  const s = state(account("a", "idle"));
  assert.deepEqual(remedies({ ...s, playback: failed("pairing_required") }), ["pair", "leave"]);
  assert.deepEqual(remedies({ ...first, playback: failed("pairing_required") }), ["retry", "leave"]);
  assert.deepEqual(remedies({ ...s, playback: failed("territory") }), ["leave"]);
});
