import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkAttempt, NetworkSeen, NetworkView } from "../src/api";
import type { Host } from "../src/host";
import { CallError } from "../src/bridge";
import { Focus } from "../src/focus";
import { buttons, editItems, Flow, listItems, settingRows, tree } from "../src/net/flow";
import { fits, keys } from "../src/net/keys";
import { unconnected } from "../src/network";
import { first, type State } from "../src/state";
import { Store } from "../src/store";
import type { Problem } from "../src/types";

const seen = (name: string, security: NetworkSeen["security"] = "wpa", more: Partial<NetworkSeen> = {}): NetworkSeen =>
  ({ name, security, signal: 70, known: false, connected: false, ...more });
const around = [seen("Home"), seen("Café", "open"), seen("Known", "wpa", { known: true }), seen("Here", "wpa", { known: true, connected: true }), seen("Office", "enterprise")];
const away: NetworkView = { link: "none", wifi: { state: "disconnected" }, paid: false, looking: false, networks: around };

/** The page as far as the flow needs it, and what it asked of the box. */
function page(start = true, refuse?: Problem) {
  const store = new Store<State>({ ...first, link: "up", network: away, stack: [{ name: "home" }] });
  const calls: [string, unknown][] = [];
  const timers = new Map<string, () => void>();
  let over = 0;
  const app = {
    store, focus: new Focus(),
    get state() { return store.state; },
    bridge: { call: async (method: string, params: unknown) => { calls.push([method, params]); if (refuse) throw new CallError(1, refuse); } },
    ask: async (method: string, params: unknown) => void calls.push([method, params]),
    act: async (method: string, params: unknown) => void calls.push([method, params]),
    after: (name: string, _: number, run: () => void) => void timers.set(name, run),
    cancel: (name: string) => void timers.delete(name),
    showPlace: () => undefined, stir: () => undefined, notify: (p: Problem) => void calls.push(["notify", p.code]),
    welcome: () => store.set({ stack: [{ name: "home" }, { name: "welcome" }] }),
    welcomeOver: () => { over++; store.set({ stack: [{ name: "home" }] }); },
  };
  const flow = new Flow(app as unknown as Host);
  flow.open(start);
  let session = 0;
  /** The box answers. */
  const attempt = (a: Partial<NetworkAttempt>, more: Partial<NetworkView> = {}): void => {
    if (a.phase === "running") session++;
    store.set({ network: { ...away, ...more, attempt: { session, act: "join", name: "Home", phase: "done", ...a } } });
    flow.heard();
  };
  return { store, flow, calls, timers, attempt, stage: () => store.state.net?.stage, over: () => over, settle: () => new Promise((done) => setTimeout(done)) };
}

test("a wrong password is told, kept for mending, and the right one goes on by itself", async () => {
  const p = page();
  p.flow.chosen("n Home");
  assert.equal(p.stage(), "password");
  for (const c of "wrong horse") p.flow.type(c);
  p.flow.edit("join");
  assert.equal(p.stage(), "joining");
  p.attempt({ phase: "running" });
  p.attempt({ phase: "failed", problem: { code: "wifi_passphrase", text: "x", hint: "y" } });
  assert.equal(p.stage(), "failed");
  assert.deepEqual(buttons(p.store.state), ["retype", "another"]);
  p.flow.button("retype");
  assert.equal(p.store.state.net?.text, "wrong horse");
  p.flow.edit("join");
  p.attempt({ phase: "failed", problem: { code: "wifi_passphrase", text: "x", hint: "y" } }); // that of before, said again
  assert.equal(p.stage(), "joining");
  p.attempt({ phase: "running" });
  p.attempt({ phase: "done" }, { link: "wifi", reach: "internet" });
  assert.equal(p.stage(), "done");
  assert.equal(p.store.state.net?.text, "", "the password is forgotten");
  p.timers.get("network on")?.();
  assert.equal(p.over(), 1);
  await p.settle();
  assert.deepEqual(p.calls.filter(([m]) => m !== "network.look"), [
    ["network.join", { name: "Home", passphrase: "wrong horse" }], ["network.join", { name: "Home", passphrase: "wrong horse" }], ["network.cancel", {}],
  ]);
});

test("what wants no password is joined at once; a portal and a dead end are told, and nothing goes on by itself", () => {
  for (const [item, reach] of [["n Café", "portal"], ["n Known", "nothing"]] as const) {
    const p = page();
    p.flow.chosen(item);
    assert.equal(p.stage(), "joining");
    p.attempt({ phase: "running", name: item.slice(2) });
    p.attempt({ phase: "done", name: item.slice(2) }, { link: "wifi", reach });
    assert.deepEqual(buttons(p.store.state), ["another", "on"]);
    assert.ok(!p.timers.has("network on"));
  }
});

test("two networks that are shown alike are two, and each is meant by its octets", () => {
  const [one, two] = [seen("Caf\ufffd", "open", { ssid: "436166e9" }), seen("Caf\ufffd", "open", { ssid: "436166ea" })] as const;
  const p = page(false);
  p.store.set({ network: { ...away, networks: [one, two, seen("Caf\ufffd", "open")] } });
  const items = listItems(p.store.state);
  assert.equal(new Set(items).size, 4, "and what is hidden");
  p.flow.chosen(items[1] ?? "");
  assert.deepEqual(p.calls.at(-1), ["network.join", { name: "Caf\ufffd", ssid: "436166ea" }]);
  p.flow.back();
  p.flow.chosen(items[2] ?? "");
  assert.deepEqual(p.calls.at(-1), ["network.join", { name: "Caf\ufffd" }]);
  p.store.set({ network: { ...away, link: "wifi", wifi: { state: "connected", name: "Caf\ufffd", ssid: "436166e9" } } });
  p.flow.row("forget");
  p.flow.row("forget");
  assert.deepEqual(p.calls.at(-1), ["network.forget", { name: "Caf\ufffd", ssid: "436166e9" }]);
});

test("a hidden network is written down: its name, then its password or none", () => {
  const p = page(false);
  p.flow.chosen("hidden");
  p.flow.edit("next");
  assert.equal(p.stage(), "name", "it has no name yet");
  for (const c of "Cellar") p.flow.typed(c);
  p.flow.edit("next");
  assert.equal(p.stage(), "password");
  assert.ok(p.store.state.net && editItems(p.store.state.net).includes("open"));
  assert.equal(p.flow.back(), true);
  assert.equal(p.store.state.net?.text, "Cellar");
  p.flow.edit("next");
  p.flow.edit("open");
  assert.deepEqual(p.calls.at(-1), ["network.join", { name: "Cellar", hidden: true }]);
});

test("a refusal of the box is shown, and Back leads from everywhere", async () => {
  const p = page(true, { code: "wifi_busy", text: "x", hint: "y" });
  p.flow.chosen("n Known");
  await p.settle();
  assert.equal(p.stage(), "failed");
  assert.deepEqual(buttons(p.store.state), ["again", "another"]);
  assert.equal(p.flow.back(), true);
  assert.equal(p.stage(), "list");
  assert.equal(p.flow.back(), true, "to the language");
  assert.equal(p.store.state.net, undefined, "the screen was left");
  assert.deepEqual(p.calls.at(-1), ["network.cancel", {}]);
  const settings = page(false);
  assert.equal(settings.flow.back(), false, "the page itself goes back");
});

test("a cable that is plugged in ends the first start's question, and no other", () => {
  const p = page();
  p.store.set({ network: { ...away, link: "cable" } });
  p.flow.heard();
  assert.equal(p.over(), 1);
  const later = page(false);
  later.store.set({ network: { ...away, link: "cable" } });
  later.flow.heard();
  assert.equal(later.stage(), "list");
});

test("the list is asked for again and again, and not while a password is written", () => {
  const p = page();
  const looks = (): number => p.calls.filter(([m]) => m === "network.look").length;
  p.timers.get("network")?.();
  assert.equal(looks(), 2);
  p.flow.chosen("n Home");
  p.timers.get("network")?.();
  assert.equal(looks(), 2);
});

test("forgetting takes two presses", () => {
  const p = page(false);
  p.store.set({ network: { ...away, link: "wifi", wifi: { state: "connected", name: "Home", signal: 70 } } });
  p.flow.row("forget");
  assert.ok(!p.calls.some(([m]) => m === "network.forget"));
  p.flow.row("forget");
  assert.deepEqual(p.calls.at(-1), ["network.forget", { name: "Home" }]);
  p.attempt({ phase: "running", act: "forget" });
  p.attempt({ phase: "failed", act: "forget", problem: { code: "wifi_failed", text: "x", hint: "y" } });
  assert.deepEqual(p.calls.slice(-2), [["notify", "wifi_failed"], ["network.cancel", {}]]);
});

test("everything on the screen can be reached", () => {
  const p = page();
  const walk = (): string[] => {
    const focus = new Focus();
    focus.show(tree(p.store.state));
    const out = new Set<string>();
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 10; x++) { out.add(focus.place?.item ?? ""); if (!focus.move("right")) break; }
      for (let x = 0; x < 10; x++) if (!focus.move("left")) break;
      if (!focus.move("down")) break;
    }
    return [...out];
  };
  assert.deepEqual(walk(), listItems(p.store.state));
  p.flow.chosen("n Home");
  for (const layer of ["small", "capitals", "signs"] as const) {
    p.flow.edit(layer);
    const net = p.store.state.net;
    assert.ok(net);
    assert.deepEqual(walk().sort(), [...keys(layer), ...editItems(net)].sort());
  }
});

test("every character of a password has a key, and nothing else is taken", () => {
  const all = new Set([" ", ...keys("small"), ...keys("capitals"), ...keys("signs")]);
  for (let c = 0x20; c < 0x7f; c++) assert.ok(all.has(String.fromCharCode(c)), String.fromCharCode(c));
  assert.ok(fits("a".repeat(62), "b", false) && !fits("a".repeat(63), "b", false));
  assert.ok(!fits("", "é", false) && fits("", "é", true) && !fits("", "\n", true) && !fits("", "ab", true));
  assert.ok(!fits("漢".repeat(10), "漢", true), "33 bytes");
});

test("the settings show what there is, and the first start asks only where something can be done", () => {
  const rows = (network: NetworkView | undefined): string[] => settingRows({ ...first, network });
  assert.deepEqual(rows(undefined), ["link", "reach"]);
  assert.deepEqual(rows({ ...away, wifi: { state: "absent" }, link: "cable", address: "192.0.2.7" }), ["link", "address", "reach"]);
  assert.deepEqual(rows({ ...away, wifi: { state: "connected", name: "Home" } }), ["link", "reach", "choose", "forget"]);
  assert.ok(unconnected(away));
  for (const other of [undefined, { ...away, link: "cable" as const }, { ...away, wifi: { state: "absent" as const } }, { ...away, wifi: { state: "off" as const } }]) assert.ok(!unconnected(other));
});
