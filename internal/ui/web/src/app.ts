// The application: it owns the state, the focus and the bridge, and turns
// commands into moves and calls. Screens only draw what is here.

import { Accounts } from "./account";
import type { NetworkView, PhonesView, Typing } from "./api";
import { Purchases } from "./bought";
import { Bridge, CallError, type Method } from "./bridge";
import { Choices, sectionNames, type Section } from "./choices";
import { element, focusOn } from "./drawn";
import { Focus, type Dir, type Place } from "./focus";
import type { Host } from "./host";
import { pointed, same, secret, type Hint } from "./hint";
import { Gate, type Command } from "./keys";
import { detailsId, tree } from "./layout";
import { Later } from "./later";
import { asking, People } from "./people";
import { Network, unconnected } from "./network";
import { Phones } from "./phones";
import { Player } from "./player";
import { Sales } from "./sales";
import { Search } from "./search";
import { asleep, first, rows, summary, top, type Route, type State } from "./state";
import { Store } from "./store";
import { Titles } from "./titles";
import { keepLang, readWords, type Lang } from "./text";
import type { Cache, Check, Household, KeyEvent, Pairing, Playback, Problem, Progress, Sale, Settings, Summary, System, Tracks } from "./types";

const settleMs = 90; // the focus rests: the hero follows
const movingMs = 160; // after the last repeat: pictures load again
const noticeMs = 8000;

// What else the arrangement of the focus depends on.
const shaping = ["household", "sale", "bought", "pad", "draft", "naming", "settings", "choosing", "checks", "cache", "panel", "phones", "network", "net", "parts", "pairing", "account", "plain", "lang"] as const satisfies readonly (keyof State)[];

export class App implements Host {
  readonly store: Store<State>;
  readonly focus = new Focus();
  readonly gate = new Gate();
  readonly player: Player;
  readonly choices: Choices;
  readonly people: People;
  readonly sales: Sales;
  readonly purchases: Purchases;
  readonly accounts: Accounts;
  readonly phones: Phones;
  readonly network: Network;
  readonly titles: Titles;
  readonly search: Search;
  readonly later: Later;
  private timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(readonly bridge: Bridge, lang: Lang) {
    this.store = new Store<State>({ ...first, lang, now: Date.now() });
    this.player = new Player(this);
    this.choices = new Choices(this);
    this.people = new People(this);
    this.sales = new Sales(this);
    this.purchases = new Purchases(this);
    this.accounts = new Accounts(this);
    this.phones = new Phones(this);
    this.network = new Network(this);
    this.titles = new Titles(this, () => this.arrive());
    this.search = new Search(this);
    this.later = new Later(this);
    this.store.watch(() => this.arrange());
    this.focus.to("menu", "home");
    this.arrange();
    this.stir();
  }

  get state(): State {
    return this.store.state;
  }

  // ---- what comes from the daemon

  onLink(up: boolean): void {
    this.store.set({ link: up ? "up" : "down" });
    if (!up) return;
    this.titles.linked();
    this.hinted = {};
    this.follow(this.state.system);
    this.player.linked();
  }

  onTopic(topic: string, state: unknown): void {
    if (topic === "system") this.follow(state as System);
    if (topic === "progress") this.store.set({ progress: (state ?? {}) as Record<string, Progress> });
    if (topic === "purchase") this.sales.heard(state as Sale);
    if (topic === "household") this.watches(state as Household);
    if (topic === "pairing") this.accounts.heard(state as Pairing);
    if (topic === "phones") this.phones.heard(state as PhonesView);
    if (topic === "network") this.network.heard(state as NetworkView);
    if (topic === "typing") this.search.dictate((state as Typing).text);
    if (topic === "settings") this.choices.heard(state as Settings | null);
    if (topic === "tracks") this.player.heard(state as Tracks);
    if (topic === "playback") this.player.changed(state as Playback);
    this.titles.begun();
  }

  /** Who watches. Somebody who has come back goes on with what they were buying. */
  private watches(household: Household): void {
    const was = this.state.household?.current;
    this.people.heard(household);
    if (was !== household.current) this.sales.goOn();
  }

  /** A key of a remote, by way of the daemon: the same as one pressed here. */
  onKey(e: KeyEvent, command: Command | undefined): void {
    if (e.action === "release") return this.gate.release();
    if (command) this.press(command, e.action === "repeat", performance.now());
  }

  private follow(system: System | undefined): void {
    this.store.set({ system });
    this.titles.follow(system);
  }

  /** A call whose failure only means that there is no answer. */
  async ask<T>(method: Method, params: object): Promise<T | undefined> {
    try {
      return await this.bridge.call<T>(method, params);
    } catch {
      return undefined;
    }
  }

  /** A call a person made: its failure is told. */
  async act<T = true>(method: Method, params: object = {}): Promise<T | undefined> {
    try {
      return ((await this.bridge.call<T>(method, params)) ?? true) as T;
    } catch (err) {
      if (err instanceof CallError) this.notify(err.problem);
      return undefined;
    }
  }

  notify(problem: Problem): void {
    this.store.set({ notice: problem });
    this.after("notice", noticeMs, () => this.store.set({ notice: undefined }));
  }

  // ---- what people do

  /** In standby, and while it is warned of, a key says that somebody is there, and no more. */
  private wakes(repeat: boolean): boolean {
    const warned = !!this.state.system?.power?.idleAtMs;
    if (!asleep(this.state) && !warned) return false;
    if (!repeat) void this.ask("power.wake", {});
    return true;
  }

  /** One key, from whichever device. True when it meant something. */
  press(command: Command, repeat: boolean, now: number): boolean {
    const rested = this.state.resting;
    this.stir();
    this.arrived = false;
    if (this.wakes(repeat) || rested) return true;
    if (!this.gate.admit(command, repeat, now)) return true;
    if (repeat) this.hurry();
    if (this.player.transport(command)) return true;
    if (top(this.state).name === "player") return this.player.press(command);
    return this.browse(command);
  }

  private browse(command: Command): boolean {
    switch (command) {
      case "up": case "down": case "left": case "right":
        return this.move(command);
      case "ok":
        return this.activate();
      case "back":
        return this.back();
      case "home": case "menu":
        this.go("home");
        return true;
      default:
        return false;
    }
  }

  move(dir: Dir): boolean {
    const moved = this.focus.move(dir);
    this.showPlace();
    return moved;
  }

  /** OK: the same as a click on the focused element, as soon as that is drawn. */
  activate(): boolean {
    const { place } = this.state;
    if (!place) return true;
    const drawn = element(place);
    if (drawn) drawn.click();
    else void this.later.here().then(() => setTimeout(() => this.at(place) && element(place)?.click())); // drawn meanwhile
    return true;
  }

  private at(p: Place): boolean {
    const { place } = this.state;
    return place?.leaf === p.leaf && place.item === p.item;
  }

  /** Back: page, top of the page, menu; never a trap, never a lost place. */
  back(): boolean {
    const { stack, place } = this.state;
    const { name } = top(this.state);
    if (this.people.back()) return true;
    if (name === "welcome" || (name === "settings" && this.choices.back())) return true;
    if (name === "network" && this.state.parts.network?.back()) return true;
    if (name === "buy") this.sales.left();
    if (stack.length > 1) this.store.set({ stack: stack.slice(0, -1), notice: undefined });
    else this.upwards(place?.leaf);
    this.focus.preset("menu", top(this.state).name);
    this.showPlace();
    return true;
  }

  private upwards(leaf: string | undefined): void {
    const uppermost = rows(this.state)[0]?.id;
    if (leaf === "menu" || !uppermost) return;
    if (leaf === uppermost) this.focus.to("menu", "home");
    else this.focus.to(uppermost);
  }

  /** Opens one of the screens of the menu. */
  go(name: "home" | "search" | "account" | "settings" | "who"): void {
    if (asking(this.state) || name === "who") return this.show({ name: "who", edit: false });
    const stack: Route[] = name === "home" ? [{ name }] : [{ name: "home" }, { name }];
    if (name === "settings" && top(this.state).name !== name) this.focus.forget("settings");
    this.store.set({ stack, notice: undefined, choosing: undefined });
    this.focus.to("menu", name);
    this.enter(name);
    if (name === "settings") this.inspect();
  }

  /** Opens a screen that says itself where the focus begins. */
  show(route: Route): void {
    this.store.set({ stack: asking(this.state) ? [route] : [{ name: "home" }, route], notice: undefined, choosing: undefined });
    if (route.name === "who") this.focus.to("who/faces", this.state.household?.current || this.state.household?.last || "");
    this.showPlace();
  }

  // ---- the settings

  /** The part of the settings that is meant. */
  get section(): Section {
    return sectionNames[this.focus.at("settings/sections")] ?? "language";
  }

  /** Asks for what the settings show of the box. */
  private inspect(): void {
    void this.check();
    void this.later.bring("network");
    void this.people.inspect();
    void this.ask<Cache>("cache.status", {}).then((cache) => cache && this.store.set({ cache }));
  }

  async clearCache(): Promise<void> {
    if (await this.act("cache.clear")) this.inspect();
  }

  /** The first start: the language is asked for, once. */
  welcome(): void {
    this.store.set({ stack: [{ name: "home" }, { name: "welcome" }] });
    this.focus.to("welcome/languages", this.state.lang);
    this.showPlace();
  }

  async welcomed(lang: Lang): Promise<void> {
    this.store.set({ welcomed: true });
    await this.speak(lang);
    void this.choices.set("language", lang);
    if (!unconnected(this.state.network) || !(await this.network.open(true))) this.welcomeOver();
  }

  /** The first start has asked for everything. */
  welcomeOver(): void {
    this.store.set({ stack: [{ name: "home" }] });
    if (asking(this.state)) this.go("home");
    else this.enter("home");
  }

  /** The home screen comes up with its titles. */
  private arrive(): void {
    this.arrived = true;
    this.enter("home");
  }

  /** Puts the focus into the content of a screen that has a menu above it. */
  private enter(name: string): void {
    if (top(this.state).name !== name || name === "details" || name === "player") return;
    if (this.focus.place?.leaf === "menu") this.focus.move("down");
    this.showPlace();
  }

  open(id: string): void {
    const t = summary(this.state, id);
    const page = t?.kind === "episode" && t.seriesId ? t.seriesId : id;
    this.focus.forget(detailsId(page, ""));
    this.titles.open(page);
    this.store.set({ stack: [...this.state.stack, { name: "details", id: page }], notice: undefined });
  }

  play(t: Summary, from: "resume" | "start" = "resume"): void {
    void this.player.play(t, from);
  }

  async speak(lang: Lang): Promise<void> {
    await readWords(lang);
    this.store.set({ lang });
    document.documentElement.lang = lang;
    keepLang(lang);
  }

  async check(): Promise<void> {
    this.store.set({ checks: "asking" });
    const got = await this.ask<{ checks?: Check[] }>("system.doctor", {});
    this.store.set({ checks: got?.checks ?? undefined });
  }

  // ---- focus

  /** Focuses what was pointed at. */
  point(leaf: string, item: string): void {
    this.stir();
    this.arrived = false;
    this.focus.to(leaf, item);
    this.showPlace();
  }

  private arranged: State | undefined;

  /** Fits the focus tree to a changed state. */
  private arrange(): void {
    const s = this.state;
    const was = this.arranged;
    this.arranged = s;
    if (secret(s) !== !!this.hinted.secret) this.hint(); // at once: the next key may be its first
    const unchanged = was && shaping.every((k) => s[k] === was[k]) && s.stack === was.stack && s.rails === was.rails && s.titles === was.titles
      && s.answers === was.answers && s.found === was.found && s.playback === was.playback
      && s.progress === was.progress && s.nextIn === was.nextIn && s.skip === was.skip && s.system === was.system && s.starting === was.starting
      && s.tracks === was.tracks && s.menu === was.menu;
    this.later.look();
    if (unchanged) return;
    this.after("hint", settleMs, () => this.hint());
    this.focus.show(tree(s, this.focus));
    this.showPlace();
  }

  /** Makes the place of the focus known to the screens. */
  showPlace(): void {
    const place = this.focus.place;
    if (place) this.focus.to(place.leaf, place.item); // from now on this element is meant, wherever it moves
    const old = this.state.place;
    if (place?.leaf === old?.leaf && place?.item === old?.item && place?.index === old?.index) return;
    if (place?.leaf.endsWith("/seasons") || place?.leaf === "settings/sections") this.focus.show(tree(this.state, this.focus)); // other things beside it
    if (place) focusOn(place); // before anything is drawn: a style that has changed would have to be worked out first
    this.store.set({ place });
    this.after("hint", settleMs, () => this.hint());
    this.settle();
  }

  private hinted: Hint = {};
  private arrived = true; // the focus is where the home screen put it

  /** Tells the box what the focus rests on, once. */
  private hint(): void {
    const now = pointed(this.state, this.arrived);
    if (this.state.link !== "up" || same(now, this.hinted)) return;
    this.hinted = now;
    void this.ask("ui.focus", now);
  }

  private settle(): void {
    const { place, settled } = this.state;
    if (!place || !summary(this.state, place.item)) return;
    const rest = (): void => {
      this.store.set({ settled: place.item });
      void this.titles.learn(place.item);
    };
    if (settled === undefined) rest();
    else this.after("settle", settleMs, rest);
  }

  private hurry(): void {
    this.store.set({ moving: true });
    this.after("moving", movingMs, () => this.store.set({ moving: false }));
  }

  // ---- time

  /** Somebody is there: the screensaver waits. */
  stir(): void {
    this.store.set({ resting: false });
    this.after("rest", (Number(this.choices.value("screensaver")) || 5) * 60_000, () => {
      const { phase } = this.state.playback ?? { phase: "idle" };
      if (phase === "playing" || phase === "buffering") this.stir();
      else this.store.set({ resting: true });
    });
  }

  /** One timer for each name; setting it again starts it anew. */
  after(name: string, ms: number, run: () => void): void {
    this.cancel(name);
    this.timers.set(name, setTimeout(run, ms));
  }

  cancel(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
