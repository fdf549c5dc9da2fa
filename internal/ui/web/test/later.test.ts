import assert from "node:assert/strict";
import { test } from "node:test";
import type { Host } from "../src/host";
import { Later, needed, type Import } from "../src/later";
import { first, type Route, type State } from "../src/state";
import { Store } from "../src/store";
import { say } from "../src/text";

const ours = "the page of the tests";

/** The page as far as its parts need it, and what it asked the box for. */
function page(read: (address: string) => Promise<unknown>) {
  const store = new Store<State>({ ...first });
  const asked: string[] = [];
  let again: (() => void) | undefined;
  const app = {
    store,
    get state() { return store.state; },
    after: (name: string, _: number, run: () => void) => { if (name === "parts") again = run; },
  };
  const later = new Later(app as unknown as Host, ((address) => {
    asked.push(address);
    return read(address);
  }) as Import);
  const show = (route: Route): void => store.set({ stack: [{ name: "home" }, route] });
  return { later, store, asked, show, again: () => again?.() };
}

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

async function until(there: () => unknown): Promise<void> {
  for (let i = 0; i < 4000 && !there(); i++) await settle();
  assert.ok(there(), "not within 20 s");
}

const part = (more: object = {}) => ({ page: ours, words: {}, ...more });

test("a part is fetched when its screen is shown, once, with its words", async () => {
  const p = page(async () => part({ words: { "later.test": "of the part" } }));
  p.later.look();
  assert.deepEqual(p.asked, [], "the first screen needs none");
  p.show({ name: "settings" });
  p.later.look();
  p.later.look();
  await settle();
  p.later.look();
  assert.deepEqual(p.asked, ["/household.js"]);
  assert.ok(p.store.state.parts.household);
  assert.equal(say("en", "later.test" as "loading"), "of the part");
});

test("a part that could not be fetched is asked for again, by another address, while it is wanted", async () => {
  let away = true;
  const p = page(async () => {
    if (away) throw new TypeError("the box is away");
    return part();
  });
  p.show({ name: "details", id: "x" });
  p.later.look();
  await settle();
  assert.equal(p.store.state.parts.titles, undefined);
  p.again();
  await settle();
  away = false;
  p.again();
  await settle();
  assert.deepEqual(p.asked, ["/titles.js", "/titles.js?1", "/titles.js?2"]);
  assert.ok(p.store.state.parts.titles);
  assert.equal(p.store.state.stack.length, 2, "the place is kept");
});

test("what everybody wants comes by itself, one after the other, and stops where the box is away", async () => {
  let away = true;
  const p = page(async (address) => {
    if (away && address.startsWith("/household.js")) throw new TypeError("the box is away");
    return part();
  });
  p.later.fill();
  await until(() => p.asked.length === 3);
  await settle();
  assert.deepEqual(p.asked, ["/titles.js", "/player.js", "/household.js"]);
  away = false;
  p.later.fill();
  await until(() => p.store.state.parts.household);
  assert.deepEqual(p.asked.slice(3), ["/household.js?1"]);
});

test("a part of another page is not mixed with this one", async (t) => {
  let reloads = 0;
  const kept = new Map<string, string>();
  Object.assign(globalThis, {
    location: { reload: () => reloads++ },
    sessionStorage: { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => kept.set(name, value) },
  });
  t.after(() => ["location", "sessionStorage"].forEach((name) => Reflect.deleteProperty(globalThis, name)));
  const p = page(async () => part({ page: "another" }));
  p.show({ name: "search" });
  for (let times = 0; times < 2; times++) {
    p.later.look();
    await settle();
  }
  assert.equal(p.store.state.parts.titles, undefined);
  assert.equal(reloads, 1, "a second time would not help");
});

test("what is on the screen decides which parts are needed", () => {
  assert.deepEqual(needed(first), []);
  assert.deepEqual(needed({ ...first, pad: {} as State["pad"] }), ["household"]);
  assert.deepEqual(needed({ ...first, stack: [{ name: "player" }], system: { demo: true } as State["system"] }), ["player", "demo"]);
});

test("a key that came before its screen could be drawn is told when it can be, and when the box is away", async () => {
  let come = (): void => undefined;
  const p = page(() => new Promise((done) => { come = () => done(part()); }));
  p.show({ name: "settings" });
  let here = false;
  void p.later.here().then(() => { here = true; });
  await settle();
  assert.equal(here, false);
  come();
  await until(() => here);
  assert.ok(p.store.state.parts.household);

  const away = page(async () => { throw new TypeError("the box is away"); });
  away.show({ name: "settings" });
  await away.later.here();
  assert.equal(away.store.state.parts.household, undefined);
});
