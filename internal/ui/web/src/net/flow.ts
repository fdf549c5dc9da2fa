// Getting onto a network, step by step. What the box does comes by topic
// "network"; this decides what is asked next.

import type { Host } from "../host";
import type { NetworkSeen, NetworkView } from "../api";
import { CallError, type Method } from "../bridge";
import type { Branch, Node } from "../focus";
import { rowsOf } from "../choices";
import type { Net, State } from "../state";
import type { Problem } from "../types";
import { fits, keyCols, keys } from "./keys";

const lookMs = 8000; // between two looks around
const readMs = 3000; // for what is read before the first start goes on
const sureMs = 5000; // to press again

export const begun = (first: boolean): Net => ({ first, stage: "list", name: "", hidden: false, locked: false, text: "", shown: false, layer: "small" });

/** A network of the list. Two that are shown alike are two. */
const itemOf = (n: NetworkSeen): string => (n.ssid ? `x ${n.ssid}` : `n ${n.name}`);
const isNetwork = (item: string | undefined): item is string => /^[nx] /.test(item ?? "");

/** What is around, and what else can be chosen. */
export function listItems(s: State): string[] {
  const around = (s.network?.networks ?? []).map(itemOf);
  return [...around, "hidden", ...(s.net?.first ? ["without"] : [])];
}

export const seenOf = (v: NetworkView | undefined, item: string): NetworkSeen | undefined => v?.networks.find((n) => itemOf(n) === item);

/** The keys below the letters. */
export function editItems(net: Net): string[] {
  const layers = net.layer === "signs" ? ["small"] : [net.layer === "small" ? "capitals" : "small", "signs"];
  if (net.stage === "name") return [...layers, "space", "delete", "next"];
  return [...layers, "space", "delete", net.shown ? "hide" : "show", ...(net.hidden ? ["open"] : []), "join"];
}

/** What can be done about how it ended. */
export function buttons(s: State): string[] {
  const { net, network } = s;
  if (net?.stage === "joining") return ["cancel"];
  if (net?.stage === "done") return network?.reach === "portal" || network?.reach === "nothing" ? ["another", "on"] : ["on", "another"];
  const code = net?.problem?.code ?? "";
  const typing = net?.locked && ["wifi_passphrase", "wifi_improper", "wifi_needed"].includes(code);
  const final = code === "wifi_enterprise" || code === "wifi_weak";
  return [...(typing ? ["retype"] : final ? [] : ["again"]), "another"];
}

/** What can be focused on the screen. */
export function tree(s: State): Node {
  const { net } = s;
  if (!net) return { id: "network/list", items: listItems(s), cols: 1 };
  switch (net.stage) {
    case "name": case "password": {
      const kids: Node[] = [{ id: `network/letters/${net.layer}`, items: keys(net.layer), cols: keyCols }, { id: "network/edit", items: editItems(net) }];
      return { id: "network/keys", axis: "y", kids } satisfies Branch;
    }
    case "list":
      return { id: "network/list", items: listItems(s), cols: 1 };
    default:
      return { id: `network/${net.stage}`, items: buttons(s) };
  }
}

/** Whether the radio can be asked for anything. */
export const usable = (v: NetworkView | undefined): boolean => v !== undefined && v.wifi.state !== "absent" && v.wifi.state !== "off";

/** The rows of the settings, from the top. */
export function settingRows(s: State): string[] {
  const v = s.network;
  return [
    "link", ...(v?.address ? ["address"] : []), "reach", ...(usable(v) ? ["choose"] : []), ...(usable(v) && v?.wifi.name ? ["forget"] : []),
    ...rowsOf(s.settings, "network"),
  ];
}

export class Flow {
  private last = 0; // number of the newest attempt that was seen
  private since = 0; // only a newer one is ours
  private bare = false; // nothing of what is around was shown yet
  private lost: string | undefined; // had the focus until nothing was around: a box that was started again looks first

  constructor(private readonly app: Host) {
    app.store.watch(() => this.left());
  }

  private get net(): Net | undefined {
    return this.app.state.net;
  }

  private set(change: Partial<Net>): void {
    const { app, net } = this;
    if (!net) return;
    if (change.stage && change.stage !== "list") for (const part of ["keys", "letters", "edit", change.stage]) app.focus.forget(`network/${part}`);
    app.store.set({ net: { ...net, ...change } });
    app.showPlace();
  }

  open(first: boolean): void {
    const { app } = this;
    app.focus.forget("network/");
    const below = first ? [{ name: "home" } as const] : app.state.stack;
    app.store.set({ net: begun(first), notice: undefined, stack: [...below, { name: "network" }] });
    app.showPlace();
    this.bare = true;
    this.look();
  }

  /** Looks around again and again, for as long as the list is shown. */
  private look(): void {
    const { app } = this;
    if (this.net?.stage === "list" && app.state.link === "up") void app.ask("network.look", {});
    app.after("network", lookMs, () => this.net && this.look());
  }

  /** The screen was left: what was found there is nobody's business any more. */
  private left(): void {
    const { app } = this;
    if (!app.state.net || app.state.stack.some((r) => r.name === "network")) return;
    app.cancel("network");
    app.cancel("network on");
    app.store.set({ net: undefined });
    void app.ask("network.cancel", {});
  }

  // ---- what the box says

  heard(at?: string): void {
    const { app, net } = this;
    const v = app.state.network;
    const a = v?.attempt;
    if (!a && net?.stage === "joining" && this.last > this.since) this.list(); // taken back elsewhere, or the box began anew
    if (!a) this.since = 0;
    this.last = a?.session ?? 0;
    if (a?.act === "forget") this.forgot(v);
    if (!v || !net) return;
    if (!v.networks.length && isNetwork(at)) [this.bare, this.lost] = [true, at];
    if (this.bare && v.networks[0]) this.filled(v, v.networks[0]);
    if (net.stage === "joining" && a && a.session > this.since && a.phase !== "running") this.ended(v, a.problem);
    else if (net.first && net.stage === "list" && v.link !== "none") this.connected(); // by a cable, or by itself
  }

  /** What is around is known: the focus goes to the best of it, unless somebody has moved it. */
  private filled(v: NetworkView, best: NetworkSeen): void {
    const item = this.lost && seenOf(v, this.lost) ? this.lost : itemOf(best);
    this.bare = false;
    this.lost = undefined;
    if (this.app.state.place?.item !== "hidden") return;
    this.app.focus.to("network/list", item);
    this.app.showPlace();
  }

  private ended(v: NetworkView, problem: Problem | undefined): void {
    if (problem) return this.set({ stage: "failed", problem });
    this.set({ stage: "done", text: "", shown: false });
    if (this.net?.first && v.reach === "internet") this.app.after("network on", readMs, () => this.on());
  }

  private connected(): void {
    this.app.store.set({ net: undefined });
    void this.app.ask("network.cancel", {});
    this.app.welcomeOver();
  }

  private forgot(v: NetworkView | undefined): void {
    const a = v?.attempt;
    if (!a || a.phase === "running") return;
    if (a.problem) this.app.notify(a.problem);
    void this.app.ask("network.cancel", {});
  }

  // ---- what people do

  chosen(item: string): void {
    if (item === "without") return this.on();
    if (item === "hidden") return this.set({ stage: "name", hidden: true, locked: true, name: "", ssid: undefined, text: "", layer: "small" });
    const n = seenOf(this.app.state.network, item);
    if (!n) return;
    const locked = n.security === "wpa" || n.security === "wpa3";
    this.set({ name: n.name, ssid: n.ssid, hidden: false, locked, text: "", shown: false, layer: "small", problem: undefined });
    if (n.connected) this.set({ stage: "done" });
    else if (locked && !n.known) this.set({ stage: "password" });
    else void this.join();
  }

  edit(item: string): void {
    const { net } = this;
    switch (item) {
      case "small": case "capitals": case "signs":
        this.set({ layer: item });
        return;
      case "space": return this.type(" ");
      case "delete": return this.set({ text: [...(net?.text ?? "")].slice(0, -1).join("") });
      case "show": case "hide": {
        this.set({ shown: item === "show" });
        this.app.focus.to("network/edit", item === "show" ? "hide" : "show");
        return this.app.showPlace();
      }
      case "open": return void this.join("");
      case "next": return this.named();
      case "join": return void this.join();
    }
  }

  type(key: string): void {
    const { net } = this;
    if (net && fits(net.text, key, net.stage === "name")) this.set({ text: net.text + key });
  }

  /** The name of a hidden network is written: its password is next. */
  private named(): void {
    const name = this.net?.text ?? "";
    if (name) this.set({ stage: "password", name, text: "", shown: false, layer: "small" });
  }

  private async join(text = this.net?.text ?? ""): Promise<void> {
    const { app, net } = this;
    if (!net) return;
    this.since = this.last;
    this.set({ stage: "joining", problem: undefined });
    const problem = await this.try("network.join", { name: net.name, ...(net.ssid && { ssid: net.ssid }), ...(text && { passphrase: text }), ...(net.hidden && { hidden: true }) });
    if (problem && app.state.net?.stage === "joining") this.set({ stage: "failed", problem });
  }

  button(item: string): void {
    switch (item) {
      case "cancel": case "another": return this.list();
      case "retype": return this.set({ stage: "password" });
      case "again": return void this.join();
      case "on": return this.on();
    }
  }

  /** Back to what is around; what runs is taken back. */
  private list(): void {
    this.app.cancel("network on");
    const { net } = this;
    if (net?.stage === "joining" || net?.stage === "failed") void this.app.ask("network.cancel", {}).then(() => this.look());
    this.set({ stage: "list", text: "", shown: false, problem: undefined });
    if (net?.stage === "done") this.look();
  }

  /** It is over: the first start goes on, or the settings are shown again. */
  private on(): void {
    const { app, net } = this;
    if (net?.first) app.welcomeOver();
    else app.store.set({ stack: app.state.stack.slice(0, -1) });
    app.showPlace();
  }

  back(): boolean {
    const { app, net } = this;
    if (!net) return false;
    if (net.stage === "password" && net.hidden) this.set({ stage: "name", text: net.name, shown: false });
    else if (net.stage !== "list") this.list();
    else if (net.first) app.welcome();
    else return false;
    return true;
  }

  /** A key of a keyboard. True where it was meant for what is being written. */
  typed(key: string): boolean {
    const { net } = this;
    if (net?.stage !== "name" && net?.stage !== "password") return /^[\p{L}\p{M}\p{N}]$/u.test(key);
    if (key === "Backspace" && net.text) this.edit("delete");
    else if ([...key].length === 1) this.type(key);
    else return false;
    this.app.stir();
    return true;
  }

  /** A row of the settings. */
  row(row: string): void {
    const { app } = this;
    if (row === "choose") return this.open(false);
    if (row === "forget") return this.forget();
    if (row.includes(".")) app.choices.open(row);
  }

  /** Two presses: one alone must not take the box off its network. */
  private forget(): void {
    const { app } = this;
    const { name, ssid } = app.state.network?.wifi ?? {};
    if (!name) return;
    if (app.state.dropping !== "network") {
      app.store.set({ dropping: "network" });
      return app.after("dropping", sureMs, () => app.store.set({ dropping: undefined }));
    }
    app.store.set({ dropping: undefined });
    void app.act("network.forget", { name, ...(ssid && { ssid }) });
  }

  /** A call, and the reason why it was refused. */
  private async try(method: Method, params: object): Promise<Problem | undefined> {
    try {
      await this.app.bridge.call(method, params);
      return undefined;
    } catch (err) {
      if (err instanceof CallError) return err.problem;
      throw err;
    }
  }
}
