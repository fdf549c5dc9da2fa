// The network of the box: what is known of it, and the way to the part of the
// page that sets it up. That part is a script of its own, fetched when it is
// wanted: most evenings nobody does.

import type { App } from "./app";
import type { NetworkView } from "./api";
import { Fragment, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { jsx, jsxs } from "preact/jsx-runtime";
import { CallError } from "./bridge";
import { rowsOf, settingName, valueText } from "./choices";
import type { Node } from "./focus";
import { Colon, Fact } from "./screens/fact";
import { Item, useApp, useApps, useWords, Words } from "./screens/item";
import { Wordmark } from "./screens/standby";
import type { State } from "./state";
import { explain, more, say } from "./text";

/** What the script brings. */
export interface NetPart {
  Screen: ComponentType; // route "network"
  Rows: ComponentType; // the part of the settings
  tree(s: State): Node; // of the screen
  rows(s: State): string[]; // of the settings
  open(first: boolean): void;
  heard(at?: string): void; // topic "network" changed; the focus was at this item
  back(): boolean; // true: there was something to go back from
  typed(key: string): boolean; // a key of a keyboard, on the screen
}

/** What of the page the script is handed, by the names that it imports it under. */
const shared = {
  "preact/hooks": { useEffect },
  "preact/jsx-runtime": { Fragment, jsx, jsxs },
  bridge: { CallError },
  choices: { rowsOf, settingName, valueText },
  text: { explain, more, say },
  "screens/fact": { Colon, Fact },
  "screens/item": { Item, useApp, useApps, useWords, Words },
  "screens/standby": { Wordmark },
};

/** Nothing leads anywhere, and there is a Wi-Fi that could. */
export const unconnected = (n: NetworkView | undefined): boolean => n?.link === "none" && n.wifi.state !== "absent" && n.wifi.state !== "off";

export class Network {
  private loading: Promise<NetPart | undefined> | undefined;

  constructor(private readonly app: App) {}

  heard(network: NetworkView): void {
    const at = this.app.state.place?.item;
    this.app.store.set({ network });
    this.app.state.part?.heard(at);
  }

  /** Opens the screen. Without its script there is none: then the page goes on. */
  async open(first: boolean): Promise<boolean> {
    const part = await this.load();
    part?.open(first);
    return !!part;
  }

  /** Fetches the script and its style, once. */
  load(): Promise<NetPart | undefined> {
    this.loading ??= this.fetch().catch(() => {
      this.loading = undefined; // the box is away: another time
      return undefined;
    });
    return this.loading;
  }

  private async fetch(): Promise<NetPart> {
    const script = document.createElement("script");
    const style = document.createElement("link");
    script.src = "/network.js";
    style.rel = "stylesheet";
    style.href = "/network.css";
    const there = [script, style].map((e) => new Promise((done, failed) => {
      e.onload = done;
      e.onerror = failed;
    }));
    const kit: { shared: typeof shared; make?: (app: App) => NetPart } = { shared };
    (globalThis as unknown as { usher: typeof kit }).usher = kit;
    document.head.append(style, script);
    await Promise.all(there);
    if (!kit.make) throw new Error("network.js brought nothing");
    const part = kit.make(this.app);
    this.app.store.set({ part });
    return part;
  }
}
