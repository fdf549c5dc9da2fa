import assert from "node:assert/strict";
import { test } from "node:test";
import type { App } from "../src/app";
import { Sales } from "../src/sales";
import { first, top, type State } from "../src/state";
import { Store } from "../src/store";
import type { Household, Sale } from "../src/types";

const household = (current: string): Household => ({ revision: 1, profiles: [{ id: "main" }, { id: "ida" }], current }) as unknown as Household;

/** The page as far as purchases need it. */
function page(more: Partial<State> = {}) {
  const store = new Store<State>({ ...first, household: household("main"), ...more });
  const app = {
    store,
    get state() { return store.state; },
    back: () => store.set({ stack: store.state.stack.slice(0, -1) }),
  };
  return { sales: new Sales(app as unknown as App), store, on: () => top(store.state).name };
}

const sale = (state: Sale["state"], id = "x"): Sale => ({ id, state }) as Sale;

test("a purchase that was begun before a restart is on the screen again", () => {
  const p = page();
  p.sales.heard(sale("created"));
  assert.equal(p.on(), "buy");
  p.sales.heard({} as Sale);
  assert.equal(p.on(), "home");
});

test("somebody who left it is not brought back by its next step", () => {
  const p = page();
  p.sales.heard(sale("scanned"));
  p.store.set({ stack: [{ name: "home" }] });
  p.sales.heard(sale("fulfilled"));
  assert.equal(p.on(), "home");
  p.sales.heard(sale("created", "y"));
  assert.equal(p.on(), "buy");
  assert.deepEqual(p.store.state.stack.length, 2, "once");
});

test("it waits until somebody has said who watches, and does not interrupt a film", () => {
  const p = page({ household: household(""), stack: [{ name: "who", edit: false }] });
  p.sales.heard(sale("created"));
  assert.equal(p.on(), "who");
  p.store.set({ household: household("main"), stack: [{ name: "home" }] });
  p.sales.goOn();
  assert.equal(p.on(), "buy");
  const film = page({ stack: [{ name: "home" }, { name: "player" }] });
  film.sales.heard(sale("created"));
  assert.equal(film.on(), "player");
});
