// Phones that act as remotes: the code that lets one in, and those that came.

import type { Host } from "./host";
import type { Phone, PhonesView } from "./api";
import { top, type State } from "./state";

const sureMs = 5000; // to press again

/** The rows of the part of the settings, from the top. */
export function phoneRows(s: State): string[] {
  const p = s.phones;
  if (!p?.allowed) return [];
  const some = p.phones.length > 0;
  return [p.window ? "cancel" : "pair", ...p.phones.map((x) => `phone ${x.id}`), ...(some ? ["switch"] : [])];
}

/** The phone of a row. */
export const phoneOf = (p: PhonesView | undefined, row: string): Phone | undefined => p?.phones.find((x) => row === `phone ${x.id}`);

/** Six digits in two groups, as people read them out. */
export const grouped = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;

export class Phones {
  private mine = false; // the code was asked for here

  constructor(private readonly app: Host) {
    app.store.watch(() => this.left());
  }

  heard(phones: PhonesView): void {
    if (!phones.window) this.mine = false;
    this.app.store.set({ phones });
  }

  async pressed(row: string): Promise<void> {
    const { app } = this;
    const phone = phoneOf(app.state.phones, row);
    if (phone) this.remove(phone);
    else if (row === "switch") await app.act("phones.switch", { on: !app.state.phones?.on });
    else if (row === "cancel") await app.act("phones.cancel");
    else this.mine = !!(await app.act("phones.pair"));
  }

  /** Two presses: one alone must not take somebody's remote away. */
  private remove(phone: Phone): void {
    const { app } = this;
    if (app.state.dropping === phone.id) {
      app.store.set({ dropping: undefined });
      return void app.act("phones.remove", { id: phone.id });
    }
    app.store.set({ dropping: phone.id });
    app.after("dropping", sureMs, () => app.store.set({ dropping: undefined }));
  }

  /** Nobody looks at the code any more: nobody shall come in by it either. */
  private left(): void {
    if (!this.mine || (top(this.app.state).name === "settings" && this.app.section === "phones")) return;
    this.mine = false;
    void this.app.ask("phones.cancel", {});
  }
}
