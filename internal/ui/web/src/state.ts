// What the page knows: one plain object, and what is derived from it.

import type { FunctionComponent } from "preact";
import type { Node, Place } from "./focus";
import type { Layer } from "./net/keys";
import type { Lang, Word } from "./text";
import type { Thumb } from "./thumbs";
import type { NetworkView, PhonesView } from "./api";
import type { Cache, Check, Entry, Household, Insights, Pairing, Playback, Problem, Progress, Rail, Sale, Season, Settings, Standing, Summary, System, Title, TitleAnswer, Tracks, Watershed } from "./types";

export type Route =
  | { name: "home" }
  | { name: "search" }
  | { name: "settings" }
  | { name: "welcome" }
  | { name: "network" }
  | { name: "who"; edit: boolean } // profiles are chosen, or changed
  | { name: "profile" }
  | { name: "buy" }
  | { name: "account" }
  | { name: "bought" }
  | { name: "details"; id: string }
  | { name: "player" };

/** What the page knows of purchases, while it shows them. */
export interface Bought {
  list: readonly Sale[]; // the newest first, without those that came to nothing
  entries: readonly Entry[]; // of the ledger
  whole: boolean; // the ledger holds together
  standings?: readonly Standing[] | undefined; // undefined: not known yet
  problem?: Problem | undefined; // why nothing is shown
}

/** A PIN that is being entered. The digits leave the page only to be verified. */
export interface Pad {
  title: Word;
  name: string;
  digits: string;
  again: string | undefined; // a new PIN entered once
  problem: Problem | undefined;
  busy: boolean;
}

/** A profile that is being changed; nothing of it is stored until it is saved. */
export interface Draft {
  id: string; // "" a new one
  name: string;
  avatar: string;
  kids: boolean;
  maxAge: number;
  unrated: boolean;
  watershed: Watershed;
  language: string;
  audio: string;
  subtitles: string;
}

/** Where somebody is on the way to a network. */
export interface Net {
  first: boolean; // of the first start
  stage: "list" | "name" | "password" | "joining" | "done" | "failed";
  name: string;
  ssid?: string | undefined; // octets of the name in hexadecimal digits, where they are not all text
  hidden: boolean;
  locked: boolean; // it wants a password
  text: string; // what is being written: the name of a hidden network, or a password
  shown: boolean; // the password can be read
  layer: Layer;
  problem?: Problem | undefined; // of failed
}

/** The parts of the page that come later (src/parts), as those who use them see them. */
export interface Parts {
  titles: { Search: FunctionComponent; Details: FunctionComponent<{ id: string }>; BuyScreen: FunctionComponent };
  player: { PlayerScreen: FunctionComponent };
  household: {
    AccountScreen: FunctionComponent; BoughtScreen: FunctionComponent; PINPad: FunctionComponent; ProfilePage: FunctionComponent;
    SettingsScreen: FunctionComponent; Welcome: FunctionComponent; Who: FunctionComponent<{ edit: boolean }>;
  };
  network: {
    Rows: FunctionComponent;
    Screen: FunctionComponent;
    rows(s: State): string[];
    tree(s: State): Node;
    open(first: boolean): void;
    heard(at?: string): void;
    back(): boolean;
    typed(key: string): boolean;
  };
  demo: object;
}

export type PartName = keyof Parts;

export interface State {
  link: "connecting" | "up" | "down";
  lang: Lang;
  parts: Partial<Parts>; // of the page, as far as they have come
  stack: readonly Route[]; // the last one is on the screen
  place?: Place | undefined; // where the focus is
  settled?: string | undefined; // the title the focus rests on
  moving: boolean; // a key is held: pictures wait
  rails?: readonly Rail[] | undefined;
  origins: readonly Row[]; // rails of the page's own, beside those of the services
  titles: Readonly<Record<string, Summary>>;
  answers: Readonly<Record<string, TitleAnswer>>; // titles in full
  playback?: Playback | undefined;
  system?: System | undefined;
  tracks?: Tracks | undefined;
  household?: Household | undefined;
  insights?: Insights | undefined; // of who watches, while their profile is shown
  sale?: Sale | undefined; // the purchase that is shown
  bought?: Bought | undefined; // all of them, while they are shown
  pad?: Pad | undefined; // a PIN is being entered
  draft?: Draft | undefined; // the profile that is being changed
  naming: boolean; // its name is being written
  removing: boolean; // removing it was pressed once
  pairing?: Pairing | undefined;
  phones?: PhonesView | undefined;
  dropping?: string | undefined; // removing this phone was pressed once
  network?: NetworkView | undefined;
  net?: Net | undefined; // the way to a network, while its screen is shown
  account?: string | undefined; // the service whose account is shown
  sure: boolean; // disconnecting was pressed once
  menu: boolean; // sound and subtitles are being chosen
  thumbs?: { url: string; all: readonly Thumb[] } | undefined; // of the film that is on
  progress: Readonly<Record<string, Progress>>;
  starting?: Summary | undefined; // asked for, not yet confirmed
  overlay: boolean;
  target?: number | undefined; // where winding has got to, ms
  nextIn?: number | undefined; // seconds until the next episode
  skip?: number | undefined; // where skipping the opening titles leads, ms
  now: number; // Unix ms, renewed while a film is on
  level?: string | undefined; // the volume, for a moment after it changed
  query: string;
  plain: boolean; // Latin letters on the keyboard of another script
  found?: readonly string[] | undefined;
  checks?: readonly Check[] | "asking" | undefined;
  settings?: Settings | undefined;
  choosing?: string | undefined; // the setting whose values are offered
  welcomed: boolean; // the first start is over, or was not needed
  cache?: Cache | undefined;
  panel?: "info" | "style" | "chapters" | undefined; // over the film
  why?: readonly { subject: string; text: string }[] | undefined;
  notice?: Problem | undefined;
  resting: boolean; // the screensaver is on
}

export const first: State = {
  link: "connecting", lang: "en", parts: {}, stack: [{ name: "home" }], moving: false, origins: [], titles: {}, answers: {},
  progress: {}, menu: false, sure: false, naming: false, removing: false, overlay: true, now: 0, query: "", plain: false, resting: false, welcomed: false,
};

export const top = (s: State): Route => s.stack[s.stack.length - 1] as Route;

/** The box is in standby, or on the way. */
export const asleep = (s: State): boolean => {
  const power = s.system?.power?.state;
  return power === "standby" || power === "leaving";
};

/** What is known about a title, from wherever it is known. */
export function summary(s: State, id: string | undefined): Summary | undefined {
  return id === undefined ? undefined : (s.titles[id] ?? s.answers[id]?.title);
}

// Less than this much watched does not count as begun.
const begunMs = 5000;

export const begun = (p: Progress | undefined): p is Progress => !!p && !p.finished && p.positionMs >= begunMs;

/** The titles to go on with, newest first, one for each series. */
export function continueIds(s: State): string[] {
  const seen = new Set<string>();
  return Object.entries(s.progress)
    .filter(([, p]) => begun(p))
    .sort(([, a], [, b]) => b.updatedMs - a.updatedMs)
    .map(([id]) => id)
    .filter((id) => {
      const t = summary(s, id);
      const group = t?.seriesId ?? id;
      if (!t || seen.has(group)) return false;
      seen.add(group);
      return true;
    })
    .slice(0, 20);
}

/** The viewer's titles that are in no rail (such as episodes) and still have to be asked for. */
export function unknownBegun(s: State): string[] {
  const own = [...Object.keys(s.progress).filter((id) => begun(s.progress[id])), ...(s.household?.watchlist ?? [])];
  return own.filter((id) => !summary(s, id));
}

export interface Row {
  id: string;
  rail: Rail | undefined; // undefined: continue watching
  service?: string | undefined; // the name of the rail's service, when there are several
  origin?: Origin | undefined; // a rail of the page's own: titles of one origin
  noted?: boolean; // the watchlist
  titles: readonly string[];
}

/** Who made a title, as far as services say. */
export type Origin = "own" | "co-production" | "licensed";

const leastOfOrigin = 4; // titles; fewer are no rail
const mostOfOrigin = 60;

/** The rows of the home screen: what was begun, the services' rails, and rails by origin. */
export function rows(s: State): Row[] {
  if (!s.rails) return [];
  const going = continueIds(s);
  const out: Row[] = going.length ? [{ id: "home/continue", rail: undefined, titles: going }] : [];
  const noted = (s.household?.watchlist ?? []).filter((id) => summary(s, id));
  if (noted.length) out.push({ id: "home/watchlist", rail: undefined, noted: true, titles: noted });
  const several = (s.system?.services?.length ?? 0) > 1;
  for (const rail of s.rails) {
    const titles = (rail.titles ?? []).filter((id) => s.titles[id]);
    const service = several ? s.system?.services?.find((x) => rail.id.startsWith(`${x.id}:`))?.name : undefined;
    if (titles.length) out.push({ id: `home/${rail.id}`, rail, service, titles });
  }
  return [...out, ...s.origins];
}

/** The rows of now, where one that is as before is the very same: what shows it need not be drawn again. */
export function steady(before: readonly Row[], now: readonly Row[]): readonly Row[] {
  const out = now.map((r) => before.find((b) => unchanged(b, r)) ?? r);
  return out.length === before.length && out.every((r, i) => r === before[i]) ? before : out;
}

const unchanged = (a: Row, b: Row): boolean =>
  a.id === b.id && a.rail === b.rail && a.service === b.service && a.titles.length === b.titles.length && a.titles.every((t, i) => t === b.titles[i]);

/**
 * Rails of own productions and of co-productions, made once for a catalogue:
 * titles that are found later do not move them.
 */
export function byOrigin(rails: readonly Rail[], titles: Readonly<Record<string, Summary>>): Row[] {
  const origins: readonly Origin[] = ["own", "co-production"];
  const all = Object.values(titles).filter((t) => t.kind === "film" || t.kind === "series");
  return origins
    .map((origin): Row => ({ id: `home/origin-${origin}`, rail: undefined, origin, titles: all.filter((t) => t.production === origin).map((t) => t.id) }))
    .filter((r) => r.titles.length >= leastOfOrigin && r.titles.length < all.length)
    .filter((r) => !rails.some((rail) => alike(rail.titles ?? [], r.titles)))
    .map((r) => ({ ...r, titles: r.titles.slice(0, mostOfOrigin) }));
}

/** Whether a rail of a service has the same already: most of one are in the other. */
function alike(a: readonly string[], b: readonly string[]): boolean {
  const there = new Set(b);
  return a.filter((id) => there.has(id)).length > 0.7 * Math.max(a.length, b.length);
}

export const seasonsOf = (t: Title | undefined): readonly Season[] =>
  (t?.seasons ?? []).filter((season) => season.episodes?.length);

/** The episode a series goes on with: the first one not finished. */
export function nextEpisode(s: State, t: Title): Title | undefined {
  const all = seasonsOf(t).flatMap((season) => season.episodes ?? []);
  return all.find((e) => !s.progress[e.id]?.finished) ?? all[0];
}

/** Ids of related titles, whichever form the daemon sent them in. */
export const relatedIds = (a: TitleAnswer | undefined): string[] =>
  (a?.related ?? []).map((r) => (typeof r === "string" ? r : r.id));

/** Whether a film is on or on its way. */
export const active = (p: Playback | undefined): boolean =>
  !!p && p.phase !== "idle" && p.phase !== "ended" && p.phase !== "failed";
