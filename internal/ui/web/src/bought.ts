// What was bought: receipts, money that was given back, what is on the bill,
// and whether the ledger holds together.

import type { Host } from "./host";
import { CallError } from "./bridge";
import { dayOf, price } from "./format";
import { top, type Bought, type State } from "./state";
import { say, type Lang, type Word } from "./text";
import type { Entry, Sale, Standing } from "./types";

const againMs = 4000; // a refund comes by itself
const most = 200; // rows of the page; the command line has all

const vain = new Set(["expired", "declined", "cancelled"]);

/** The purchases that are worth a row. */
export const worthARow = (all: readonly Sale[]): Sale[] => all.filter((p) => !vain.has(p.state ?? "")).slice(0, most);

/** The rows of the screen, by purchase. */
export const boughtRows = (s: State): string[] => (s.bought?.list ?? []).map((p) => p.id ?? "");

/** What was paid, how, and when. */
export function boughtNote(p: Sale, lang: Lang): string {
  const how = say(lang, `bought.kind.${p.kind ?? "buy"}` as Word);
  const cost = p.kind === "subscription" ? "" : price(p.priceMinor ?? 0, p.currency ?? "EUR", lang);
  const receipt = p.receipt ? say(lang, "bought.receipt", { receipt: p.receipt }) : "";
  return [how, cost, dayOf(p.begunMs ?? 0, lang), receipt].filter(Boolean).join(" · ");
}

/** How a purchase stands; a refund with its day, from the ledger. */
export function boughtState(p: Sale, entries: readonly Entry[], lang: Lang): string {
  const back = p.state === "refunded" && entries.find((e) => e.intent === p.id && e.kind === "refund");
  return back ? say(lang, "bought.backOn", { day: dayOf(Date.parse(back.at), lang) }) : say(lang, `bought.${p.state ?? "intended"}` as Word);
}

/** What is on the bill of a service, and what it owes. */
export function standingText(b: Standing, name: string, plan: string, lang: Lang): string {
  const money = (minor: number): string => price(minor, b.currency ?? "EUR", lang);
  const parts = [
    plan && say(lang, "bought.plan", { plan }),
    b.limitMinor ? say(lang, "buy.owed", { owed: money(b.owedMinor ?? 0), limit: money(b.limitMinor) }) : "",
    b.vouchers ? say(lang, "bought.vouchers", { n: b.vouchers }) : "",
  ].filter(Boolean);
  return parts.length ? `${name}: ${parts.join(" · ")}` : "";
}

export class Purchases {
  constructor(private readonly app: Host) {}

  /** Opens the page; it is asked for again while it is shown. */
  show(): void {
    const { app } = this;
    app.focus.forget("bought");
    app.store.set({ bought: undefined, stack: [...app.state.stack, { name: "bought" }], notice: undefined });
    void this.load();
    void this.balance();
  }

  private async load(): Promise<void> {
    const { app } = this;
    try {
      const [got, ledger] = await Promise.all([
        app.bridge.call<{ purchases: Sale[] }>("purchases.list", {}),
        app.bridge.call<{ entries: Entry[]; whole: boolean }>("ledger.get", {}),
      ]);
      this.keep({ list: worthARow(got.purchases), entries: ledger.entries, whole: ledger.whole, problem: undefined });
    } catch (err) {
      if (err instanceof CallError) this.keep({ list: [], problem: err.problem });
    }
    if (this.shown) app.after("bought", againMs, () => this.shown && void this.load());
  }

  /** The services are asked, which takes as long as they take. */
  private async balance(): Promise<void> {
    const got = await this.app.ask<{ balances: Standing[] }>("purchases.balance", {});
    this.keep({ standings: got?.balances ?? [] });
  }

  private get shown(): boolean {
    return top(this.app.state).name === "bought";
  }

  private keep(part: Partial<Bought>): void {
    if (this.shown) this.app.store.set({ bought: { list: [], entries: [], whole: true, ...this.app.state.bought, ...part } });
  }

  /** A row: the page of its title. */
  pressed(id: string): void {
    const title = this.app.state.bought?.list.find((p) => p.id === id)?.titleId;
    if (title) this.app.open(title);
  }
}
