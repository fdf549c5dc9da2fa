// The parts of the page that the first screen does without: scripts of their
// own (src/parts), which the box keeps beside the page. They are fetched when
// the page has nothing else to do, or at once when one is wanted.
//
// Until a part has come its screen is empty and the focus waits in it; the menu,
// the clock, and the banner that says that the box is away are the page's own.
// What could not be fetched is fetched again for as long as it is wanted.

import type { Host } from "./host";
import { top, type PartName, type Parts, type State } from "./state";
import { more } from "./text";

/** What the build adds to every part: its words in English, and of which page it is. */
interface Brought {
  words: Readonly<Record<string, string>>;
  page: string;
  begin?: (app: Host) => void;
}

declare const PAGE: string; // told apart by it: two pages whose scripts do not fit each other

/** What everybody wants some time, in the order of its coming. */
const usual: readonly PartName[] = ["titles", "player", "household"];

const styled: ReadonlySet<PartName> = new Set<PartName>(["network", "demo"]);

const againMs = 1000;
const idleMs = 2000; // at the latest

/** The part that draws a screen; the first screen needs none. */
const drawnBy = {
  home: undefined, search: "titles", details: "titles", buy: "titles", player: "player", network: "network",
  settings: "household", welcome: "household", who: "household", profile: "household", account: "household", bought: "household",
} as const satisfies Record<ReturnType<typeof top>["name"], PartName | undefined>;

/** The parts that what is shown cannot do without. */
export function needed(s: State): PartName[] {
  const drawn = drawnBy[top(s).name];
  return [...(drawn ? [drawn] : []), ...(s.pad ? ["household" as const] : []), ...(s.system?.demo ? ["demo" as const] : [])];
}

/** A script by its address, as a module. */
export type Import = (address: string) => Promise<Brought>;

export class Later {
  private coming = new Map<PartName, Promise<void>>();
  private tries = 0;

  constructor(private readonly app: Host, private readonly read: Import = (address) => import(address) as Promise<Brought>) {}

  /** Sees to it that what is shown can be drawn. */
  look(): void {
    for (const name of needed(this.app.state)) void this.bring(name);
  }

  /** What is shown can be drawn, or the box is away. */
  async here(): Promise<void> {
    await Promise.all(needed(this.app.state).map((name) => this.bring(name)));
  }

  /** Fetches what everybody wants some time, one after the other, while the page is idle. */
  fill(): void {
    const name = usual.find((n) => !this.app.state.parts[n]);
    if (!name) return;
    whenIdle(async () => {
      if (await this.bring(name)) this.fill();
    });
  }

  /** Fetches a part, once; undefined when the box is away. */
  async bring<N extends PartName>(name: N): Promise<Parts[N] | undefined> {
    if (this.app.state.parts[name]) return this.app.state.parts[name];
    if (!this.coming.has(name)) this.coming.set(name, this.fetch(name).finally(() => this.coming.delete(name)));
    await this.coming.get(name);
    return this.app.state.parts[name];
  }

  private async fetch(name: PartName): Promise<void> {
    try {
      const [part] = await Promise.all([this.read(this.address(name)), styled.has(name) ? dress(`/${name}.css`) : undefined]);
      if (part.page !== PAGE) return reload();
      more(part.words);
      part.begin?.(this.app);
      this.app.store.set({ parts: { ...this.app.state.parts, [name]: part } });
    } catch (err) {
      if (err instanceof SyntaxError) return reload(); // it imports what this page does not have
      this.tries++;
      this.app.after("parts", againMs, () => this.look());
    }
  }

  /** Browsers remember that a script could not be fetched, by its address. */
  private address(name: PartName): string {
    return `/${name}.js${this.tries ? `?${this.tries}` : ""}`;
  }
}

/** The box has another page by now than the one that is shown. A page is given up once: a second time would not help. */
function reload(): void {
  try {
    if (sessionStorage.getItem("left") === PAGE) return;
    sessionStorage.setItem("left", PAGE);
    location.reload();
  } catch {
    // without storage nobody would know that it did not help
  }
}

/** Adds a sheet of styles, and waits for it. */
function dress(address: string): Promise<void> {
  return new Promise((done, failed) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = address;
    style.onload = () => done();
    style.onerror = () => {
      style.remove();
      failed(new Error(`${address} did not come`));
    };
    document.head.append(style);
  });
}

function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run, { timeout: idleMs });
  else setTimeout(run, idleMs / 4); // WebKit
}
