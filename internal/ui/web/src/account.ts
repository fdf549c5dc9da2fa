// The account screen: a code that a person asked for, until it is approved,
// declined, over, or left behind.

import type { Host } from "./host";
import { top, type State } from "./state";
import type { Account, Pairing, Profile } from "./types";

const sureMs = 5000; // to press again

export const accounts = (s: State): readonly Account[] => s.pairing?.accounts ?? [];

/** The account that the screen is about: the one chosen, else the first that is not connected. */
export function accountShown(s: State): Account | undefined {
  const all = accounts(s);
  const { account } = s;
  return all.find((a) => a.service === account) ?? all.find((a) => a.phase !== "paired") ?? all[0];
}

export const underWay = (a: Account | undefined): boolean => a?.phase === "asking" || a?.phase === "waiting";

/** What can be done about an account; children have nothing to do with money. */
export function accountButtons(a: Account | undefined, who: Profile | undefined): string[] {
  if (!a) return [];
  if (underWay(a)) return ["cancel"];
  return [a.phase === "paired" ? "unpair" : "pair", ...(who?.kids ? [] : ["bought"])];
}

/** How long a code is still good for, as 9:05; nothing once it is over. */
export function codeLeft(a: Pick<Account, "expiresAtMs">, now: number): string {
  const s = Math.ceil(((a.expiresAtMs ?? 0) - now) / 1000);
  return s > 0 ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}` : "";
}

/** The dark modules of a QR code as one SVG path, a run of a row at a time. */
export function modules(size: number, bits: string): string {
  let path = "";
  for (let y = 0; y < size; y++) {
    for (const run of bits.slice(y * size, (y + 1) * size).matchAll(/1+/g)) path += `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`;
  }
  return path;
}

export class Accounts {
  private mine = ""; // the service whose code was asked for here
  private then: string | undefined; // the title to play when it is connected

  constructor(private readonly app: Host) {
    app.store.watch(() => this.left());
  }

  heard(pairing: Pairing): void {
    this.app.store.set({ pairing });
    const mine = pairing.accounts.find((a) => a.service === this.mine);
    if (mine?.phase === "paired") this.done();
  }

  /** Opens the screen, on the account of a service. */
  show(service?: string): void {
    this.app.store.set({ account: service, sure: false });
    this.app.go("account");
  }

  /** A title needs an account: its code at once, and the title when it is there. */
  forTitle(titleId: string): void {
    const service = titleId.split(":")[0] as string;
    this.show(service);
    void this.start(service, titleId);
  }

  async start(service: string, then?: string): Promise<void> {
    this.mine = service;
    this.then = then;
    if (!(await this.app.act("pair.start", { service }))) this.mine = "";
  }

  pressed(button: string): void {
    const a = accountShown(this.app.state);
    if (!a) return;
    if (button === "pair") void this.start(a.service);
    if (button === "cancel") this.cancel(a.service);
    if (button === "unpair") this.remove(a.service);
    if (button === "bought") this.app.purchases.show();
  }

  private cancel(service: string): void {
    this.mine = "";
    void this.app.act("pair.cancel", { service });
  }

  /** Two presses: one alone must not lose a household its account. */
  private remove(service: string): void {
    const { app } = this;
    if (app.state.sure) {
      app.store.set({ sure: false });
      return void app.act("pair.remove", { service });
    }
    app.store.set({ sure: true });
    app.after("sure", sureMs, () => app.store.set({ sure: false }));
  }

  private done(): void {
    const { app, then } = this;
    this.mine = "";
    this.then = undefined;
    if (top(app.state).name !== "account") return;
    app.go("home");
    if (then) void app.act("player.play", { titleId: then });
  }

  /** Nobody looks at the code any more: nobody shall approve it either. */
  private left(): void {
    const { state } = this.app;
    if (!this.mine || top(state).name === "account") return;
    const a = accounts(state).find((x) => x.service === this.mine);
    if (underWay(a)) this.cancel(this.mine);
  }
}
