// Buying: the PIN here, the money on a phone, and what becomes of it.

import { accounts } from "./account";
import type { Host } from "./host";
import { CallError } from "./bridge";
import { price } from "./format";
import { asking, watching } from "./people";
import { summary, top, type State } from "./state";
import { say, type Lang, type Word } from "./text";
import type { Problem, Sale, Terms } from "./types";

/** The ways to pay for a title that a viewer may choose from; children have none. */
export function waysToBuy(s: State, id: string): Terms[] {
  const all = summary(s, id)?.terms ?? [];
  if (watching(s)?.kids || all.some((t) => t.kind === "free")) return [];
  return all.filter((t) => t.kind !== "free");
}

const cost = (t: Terms, lang: Lang): string => price(t.priceMinor ?? 0, t.currency ?? "EUR", lang);

/** One way to watch in words, for the table of a title. */
export function wayText(t: Terms, lang: Lang): string {
  const later = t.billing === "post-paid" ? "Later" : "";
  const word: Word = t.kind === "free" ? "how.free" : t.kind === "subscription" ? "how.subscription" : `how.${t.kind}${later}`;
  return say(lang, word, { price: cost(t, lang) });
}

/** What its button says. */
export const buyText = (t: Terms, lang: Lang): string => (t.kind === "free" ? "" : say(lang, `buy.${t.kind}`, { price: cost(t, lang) }));

const open = new Set(["intended", "created", "scanned"]);

/** Nobody has paid, and somebody still can. */
export const payable = (p: Sale | undefined): boolean => open.has(p?.state ?? "");

/** What can be done about a purchase. */
export function saleButtons(p: Sale | undefined): string[] {
  if (payable(p)) return ["cancel"];
  if (p?.state === "fulfilled") return ["play", "close"];
  return p && ["expired", "declined", "cancelled"].includes(p.state ?? "") ? ["again", "close"] : ["close"];
}

// Screens that a purchase does not take the place of: its own, the first start, and a film.
const keeps = new Set(["buy", "welcome", "network", "player"]);

export class Sales {
  constructor(private readonly app: Host) {}

  heard(sale: Sale): void {
    const { app } = this;
    const fresh = app.state.sale?.id !== sale.id;
    app.store.set({ sale: sale.id ? sale : undefined });
    if (!sale.id && top(app.state).name === "buy") app.back();
    if (fresh) this.goOn();
  }

  /** A purchase that was begun before the box, or this page, was restarted is on the screen again, and so is what became of it. */
  goOn(): void {
    const { app } = this;
    if (app.state.sale && !asking(app.state) && !keeps.has(top(app.state).name)) app.store.set({ stack: [...app.state.stack, { name: "buy" }], notice: undefined });
  }

  /** Somebody chose a way to watch: an account, the PIN, and then the phone. */
  buy(titleId: string, kind: string): void {
    const { app } = this;
    const service = titleId.split(":")[0] as string;
    const account = accounts(app.state).find((a) => a.service === service);
    if (account && account.phase !== "paired") {
      app.accounts.show(service);
      return void app.accounts.start(service);
    }
    const me = watching(app.state);
    const begin = (pin: string): Promise<Problem | undefined> => this.begin(titleId, kind, pin);
    if (me?.pin) return app.people.ask("buy.pin", me.name, begin);
    app.people.ask("who.setPin", me?.name ?? "", async (pin) => {
      const bad = await app.people.try("profiles.change", { id: me?.id, pin });
      return bad ?? begin(pin);
    }, true);
  }

  /** A title that has to be paid for did not play: its page says how it can be had. */
  choices(titleId: string): void {
    this.app.go("home");
    this.app.open(titleId);
  }

  private async begin(titleId: string, kind: string, pin: string): Promise<Problem | undefined> {
    const { app } = this;
    try {
      await app.bridge.call("purchase.begin", { titleId, kind, pin });
    } catch (err) {
      if (err instanceof CallError) return err.problem;
      throw err;
    }
    app.focus.forget("buy");
    if (top(app.state).name !== "buy") app.store.set({ stack: [...app.state.stack, { name: "buy" }], notice: undefined });
    return undefined;
  }

  pressed(button: string): void {
    const { app } = this;
    const { sale } = app.state;
    if (button === "again" && sale?.titleId) return this.buy(sale.titleId, sale.kind ?? "");
    const id = sale?.titleId;
    app.back();
    if (button === "play" && id) void app.act("player.play", { titleId: id });
  }

  /** The screen is left: a code that nobody scanned is given up. */
  left(): void {
    const { sale } = this.app.state;
    if (sale && sale.state !== "scanned") void this.app.act("purchase.cancel");
  }
}
