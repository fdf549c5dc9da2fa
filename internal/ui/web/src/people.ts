// Who watches: choosing a profile, entering PINs, and changing profiles. What
// may be seen is decided by the box; this asks and shows.

import type { Host } from "./host";
import { CallError, type Method } from "./bridge";
import { languages, type Lang, type Word } from "./text";
import { top, type Draft, type Pad, type State } from "./state";
import type { Household, Insights, Problem, Profile, Rating, Watershed } from "./types";

const sureMs = 5000; // to press again
const longestPIN = 8;
const shortestPIN = 4;
const longestName = 30;

export const adult = 18;
export const padKeys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "delete", "0", "ok"] as const;

export const profiles = (s: State): readonly Profile[] => s.household?.profiles ?? [];
export const watching = (s: State): Profile | undefined => profiles(s).find((p) => p.id === s.household?.current);

/** Nobody has said yet who watches. */
export const asking = (s: State): boolean => s.household !== undefined && s.household.current === "";

/** The rows of the page of a profile, from the top. */
export function rowsOf(s: State): string[] {
  const { draft } = s;
  if (!draft) return [];
  const first = draft.id !== "" && draft.id === profiles(s)[0]?.id;
  const limited = ["kids", "limit", ...(draft.maxAge < adult ? ["watershed"] : []), ...(draft.kids || draft.maxAge >= adult ? [] : ["unrated"])];
  const old = draft.id === "" ? [] : [...(draft.id === s.household?.current && !draft.kids ? ["insights"] : []), "pin", ...(!first && draft.id !== s.household?.current ? ["remove"] : [])];
  return ["name", "avatar", ...(first ? [] : limited), "language", "audio", "subtitles", "save", ...old];
}

/** The next of a list, from the first again after the last. */
export function after<T>(list: readonly T[], at: (v: T) => boolean): T | undefined {
  return list[(list.findIndex(at) + 1) % Math.max(list.length, 1)];
}

const tags: readonly string[] = languages.map(([tag]) => tag);

/** The hours that can be chosen: at all times, or what is from an age on only late. */
export function hours(limits: readonly Rating[], maxAge: number): Watershed[] {
  const late = limits.filter((l) => l.minAge > 0 && l.minAge <= maxAge).map((l) => ({ minAge: l.minAge, from: 20 * 60, until: 6 * 60 }));
  return [{ minAge: 0, from: 0, until: 0 }, ...late];
}

/** A draft with the next value of a row. */
export function turned(d: Draft, row: string, h: Household): Draft {
  const under = h.limits.filter((l) => !d.kids || l.minAge < adult);
  switch (row) {
    case "avatar": return { ...d, avatar: after(h.avatars, (a) => a === d.avatar) ?? d.avatar };
    case "kids": return { ...d, kids: !d.kids, maxAge: d.kids ? d.maxAge : Math.min(d.maxAge, h.limits.filter((l) => l.minAge <= 12).at(-1)?.minAge ?? 0) };
    case "limit": return { ...d, maxAge: after(under, (l) => l.minAge === d.maxAge)?.minAge ?? d.maxAge };
    case "unrated": return { ...d, unrated: !d.unrated };
    case "watershed": return { ...d, watershed: after(hours(h.limits, d.maxAge), (x) => x.minAge === d.watershed.minAge) ?? d.watershed };
    case "language": return { ...d, language: after(["", ...tags], (t) => t === d.language) ?? "" };
    case "audio": return { ...d, audio: after(["", ...tags], (t) => t === d.audio) ?? "" };
    case "subtitles": return { ...d, subtitles: after(["", "none", ...tags], (t) => t === d.subtitles) ?? "" };
    default: return d;
  }
}

const draftOf = (p: Profile): Draft => ({
  id: p.id, name: p.name, avatar: p.avatar, kids: p.kids, maxAge: p.limit.minAge, unrated: p.unrated, watershed: p.watershed,
  language: p.language ?? "", audio: p.audio ?? "", subtitles: p.subtitles ?? "",
});

/** The params of a draft: all of a new one, what differs of an old one. */
export function changes(d: Draft, was: Profile | undefined): Record<string, unknown> {
  const { id, ...all } = d;
  if (!was) return all;
  const old = draftOf(was) as unknown as Record<string, unknown>;
  const differs = Object.entries(all).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(old[k]));
  return { id, ...Object.fromEntries(differs) };
}

type Submit = (pin: string) => Promise<Problem | undefined>;

export class People {
  private submit: Submit | undefined;
  private twice = false;

  constructor(private readonly app: Host) {}

  heard(household: Household): void {
    const { app } = this;
    const was = app.state.household;
    app.store.set({ household });
    if (was && was.revision === household.revision && was.current === household.current) return;
    if (was) app.titles.changed();
    if (household.current === "" && top(app.state).name !== "welcome" && !app.state.net?.first) app.show({ name: "who", edit: false });
    else if (was?.current !== household.current) this.arrived(was !== undefined);
  }

  /** Somebody was chosen: their language, and the home screen. */
  private arrived(home: boolean): void {
    const { app } = this;
    const me = watching(app.state);
    const lang = me?.language || app.choices.value("language");
    if (lang !== app.state.lang && tags.includes(lang)) void app.speak(lang as Lang);
    if (home || top(app.state).name === "who") app.go("home");
  }

  choose(id: string): void {
    const p = profiles(this.app.state).find((x) => x.id === id);
    if (!p) return;
    if (id === this.app.state.household?.current) return this.app.go("home");
    const choose = (pin: string): Promise<Problem | undefined> => this.try("profiles.choose", { id, ...(pin && { pin }) });
    if (p.pin) this.ask("who.pin", p.name, choose);
    else void choose("").then((bad) => bad && this.app.notify(bad));
  }

  /** Who, new, or change: the buttons of the screen. */
  pressed(item: string): void {
    const { app } = this;
    const route = top(app.state);
    if (item === "new") return this.edit(undefined);
    if (item === "edit") return app.show({ name: "who", edit: !(route.name === "who" && route.edit) });
    const p = profiles(app.state).find((x) => x.id === item);
    if (route.name === "who" && route.edit) this.edit(p);
    else this.choose(item);
  }

  private edit(p: Profile | undefined): void {
    const h = this.app.state.household;
    if (!h) return;
    const used = h.profiles.map((x) => x.avatar);
    const fresh: Draft = {
      id: "", name: "", avatar: h.avatars.find((a) => !used.includes(a)) ?? h.avatars[0] ?? "", kids: false, maxAge: adult, unrated: false,
      watershed: { minAge: 0, from: 0, until: 0 }, language: "", audio: "", subtitles: "",
    };
    this.app.store.set({ draft: p ? draftOf(p) : fresh, naming: !p, removing: false });
    this.app.focus.forget("profile");
    if (p?.id === h.current) void this.inspect();
    this.app.show({ name: "profile" });
  }

  /** Back inside of what is drawn here; false: the screen is to be left. */
  back(): boolean {
    const { app } = this;
    const route = top(app.state);
    if (app.state.pad) this.cancel();
    else if (route.name === "profile" && app.state.naming) app.store.set({ naming: false });
    else if (route.name === "profile") this.leave();
    else return route.name === "who" && asking(app.state);
    return true;
  }

  // ---- the page of a profile

  row(row: string): void {
    const { app } = this;
    const { draft, household } = app.state;
    if (!draft || !household) return;
    if (row === "name") return app.store.set({ naming: !app.state.naming });
    if (row === "save") return void this.save(draft);
    if (row === "pin") return this.setPIN(draft);
    if (row === "remove") return this.remove(draft);
    if (row === "insights") return void this.agree();
    app.store.set({ draft: turned(draft, row, household) });
  }

  /** A letter of the name, or what edits it. */
  type(key: string): void {
    const { draft } = this.app.state;
    if (!draft) return;
    const text = [...draft.name];
    if (key === "clear") return this.app.store.set({ naming: false });
    if (key === "delete") text.pop();
    else if (text.length < longestName) text.push(key === "space" ? " " : text.length === 0 || text.at(-1) === " " ? key.toUpperCase() : key);
    this.app.store.set({ draft: { ...draft, name: text.join("") } });
  }

  private async save(d: Draft): Promise<void> {
    const was = profiles(this.app.state).find((p) => p.id === d.id);
    const method = was ? "profiles.change" : "profiles.create";
    await this.allowed((by) => this.try(method, { ...changes(d, was), ...(by && { by }) }), () => this.leave());
  }

  private remove(d: Draft): void {
    const { app } = this;
    if (!app.state.removing) {
      app.store.set({ removing: true });
      return app.after("removing", sureMs, () => app.store.set({ removing: false }));
    }
    app.store.set({ removing: false });
    void this.allowed((by) => this.try("profiles.remove", { id: d.id, ...(by && { by }) }), () => this.leave());
  }

  /** A new PIN, allowed by the present one where a profile changes its own. */
  private setPIN(d: Draft): void {
    const { state } = this.app;
    const own = d.id === state.household?.current && !d.kids ? watching(state) : undefined;
    const change = (pin: string, by: string): Promise<Problem | undefined> => this.try("profiles.change", { id: d.id, pin, ...(by && { by }) });
    this.ask("who.setPin", d.name, async (pin) => {
      void this.allowed((by) => change(pin, by), () => undefined, own);
      return undefined;
    }, true);
  }

  /** Does what may need a PIN, mostly the first profile's, and asks for it if so. */
  private async allowed(act: Submit, done: () => void, who?: Profile): Promise<void> {
    const owner = profiles(this.app.state)[0];
    const bad = await act("");
    if (!bad) return done();
    if (bad.code === "pin_missing" && owner && !owner.pin) return this.first(owner, act, done);
    if (bad.code !== "pin_needed") return this.app.notify(bad);
    this.ask(who ? "who.pin" : "who.owner", who?.name ?? owner?.name ?? "", async (pin) => {
      const wrong = await act(pin);
      if (!wrong) done();
      return wrong;
    });
  }

  /** The first limit in a household: the first profile gets its PIN before. */
  private first(owner: Profile, act: Submit, done: () => void): void {
    this.ask("who.setPin", owner.name, async (pin) => {
      const bad = (await this.try("profiles.change", { id: owner.id, pin })) ?? (await act(pin));
      if (!bad) done();
      return bad;
    }, true);
  }

  /** Agrees to insights, or withdraws; what would be sent is shown beside it. */
  private async agree(): Promise<void> {
    if (await this.app.act("insights.set", { on: !this.app.state.insights?.on })) await this.inspect();
  }

  async inspect(): Promise<void> {
    const insights = await this.app.ask<Insights>("insights.get", {});
    this.app.store.set({ insights });
    for (const t of insights?.titles ?? []) void this.app.titles.learn(t.titleId);
  }

  private leave(): void {
    this.app.store.set({ draft: undefined, naming: false });
    this.app.show({ name: "who", edit: true });
  }

  /** A call, and the reason why it was refused. */
  async try(method: Method, params: object): Promise<Problem | undefined> {
    try {
      await this.app.bridge.call(method, params);
      return undefined;
    } catch (err) {
      if (err instanceof CallError) return err.problem;
      throw err;
    }
  }

  // ---- the pad

  /** Asks for a PIN, twice for a new one. It goes when submit has no problem. */
  ask(title: Word, name: string, submit: Submit, twice = false): void {
    this.submit = submit;
    this.twice = twice;
    this.app.focus.forget("pad");
    this.app.store.set({ pad: { title, name, digits: "", again: undefined, problem: undefined, busy: false } });
  }

  cancel(): void {
    this.submit = undefined;
    this.app.store.set({ pad: undefined });
  }

  padKey(key: string): void {
    const { pad } = this.app.state;
    if (!pad || pad.busy) return;
    if (key === "delete") return this.digits(pad.digits.slice(0, -1));
    if (key === "ok") return void this.entered(pad);
    if (pad.digits.length < longestPIN) this.digits(pad.digits + key);
  }

  private digits(digits: string): void {
    const { pad } = this.app.state;
    if (pad) this.app.store.set({ pad: { ...pad, digits, problem: undefined } });
  }

  private async entered(pad: Pad): Promise<void> {
    const { app, submit } = this;
    if (pad.digits.length < shortestPIN || !submit) {
      return app.store.set({ pad: { ...pad, problem: { code: "pin_improper", text: "A PIN has four to eight digits.", hint: "" } } });
    }
    if (this.twice && pad.again === undefined) return app.store.set({ pad: { ...pad, again: pad.digits, digits: "" } });
    if (this.twice && pad.again !== pad.digits) {
      return app.store.set({ pad: { ...pad, again: undefined, digits: "", problem: { code: "pin_differ", text: "", hint: "" } } });
    }
    app.store.set({ pad: { ...pad, busy: true } });
    const problem = await submit(pad.digits);
    if (this.submit !== submit) return; // another one is asked for, or none any more
    if (!problem) return this.cancel();
    app.store.set({ pad: { ...pad, digits: "", again: undefined, busy: false, problem } });
  }
}
