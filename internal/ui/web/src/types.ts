// The shapes the bridge sends. They follow internal/offer and internal/box of
// the daemon; lists and texts that are empty there may be missing here.

import type { FirmwareView, LedgerEntry, Standing } from "./api";

export type { Standing };
export type Entry = LedgerEntry;

/** One text in several languages, by BCP 47 tag. */
export type Text = Record<string, string>;

export interface Terms {
  kind: "free" | "subscription" | "rent" | "buy";
  priceMinor?: number; // in the minor unit of the currency
  currency?: string; // ISO 4217
  billing?: string; // pre-paid or post-paid
}

export interface Rating {
  system: string;
  label: string;
  minAge: number;
}

/** What rails and search results say about a title. */
export interface Summary {
  id: string;
  kind: "film" | "series" | "episode" | "live";
  name: Text;
  year?: number;
  durationMs?: number;
  genres?: string[] | null;
  production?: string;
  countries?: string[] | null;
  terms?: Terms[] | null;
  ratings?: Rating[] | null;
  window?: { from?: string; until?: string } | null;
  aiPerformers?: boolean;
  aiNote?: Text | null;
  audio?: string[] | null;
  subtitles?: string[] | null;
  poster?: string;
  backdrop?: string;
  seriesId?: string;
  season?: number;
  number?: number;
}

export interface Season {
  number: number;
  name?: Text | null;
  episodes?: Title[] | null;
}

export interface Title extends Summary {
  synopsis?: Text | null;
  cast?: string[] | null;
  people?: { name: string; role: string }[] | null;
  seasons?: Season[] | null;
}

export interface TitleAnswer {
  title: Title;
  series?: Title | null;
  related?: (string | Summary)[] | null;
}

export interface Rail {
  id: string;
  name: Text;
  titles?: string[] | null;
}

export interface Problem {
  code: string;
  text: string;
  hint: string;
  retryAfterMs?: number; // of a refusal that time lifts
}

/** How far a live channel can be wound; programme times, Unix ms. */
export interface LiveWindow {
  startMs: number; // at atMs; it moves on with the clock, and so does liveMs
  endMs: number;
  liveMs: number;
  atMs: number;
  slackMs: number; // behind by less is live
  behindMs: number;
  winds: boolean;
}

/** Pictures or positions for winding. */
export interface Trickplay {
  kind: "vtt" | "images" | "iframes"; // of iframes there are positions only
  url: string; // on the box's media address; a WebVTT file of pictures unless iframes
  intervalMs?: number;
  width?: number;
  height?: number;
}

export interface Track {
  id: number;
  language?: string;
  title?: string;
  codec?: string;
  channels?: number;
  selected: boolean;
  external: boolean;
}

/** Topic "tracks". */
export interface Tracks {
  session: number;
  can: { audio: boolean; subtitles: boolean; delay: boolean; picture: boolean; why?: string };
  audio?: Track[] | null;
  subtitles?: Track[] | null;
  audioDelayMs: number;
  subtitleDelayMs: number;
  picture?: { width: number; height: number; hdr?: "sdr" | "pq" | "hlg" };
}

export interface Chapter {
  atMs: number;
  name: Text;
}

export interface Playback {
  session: number;
  phase: "idle" | "resolving" | "opening" | "playing" | "paused" | "buffering" | "recovering" | "ended" | "failed";
  titleId?: string;
  seriesId?: string;
  name?: Text | null;
  seriesName?: Text | null;
  season?: number;
  number?: number;
  poster?: string;
  backdrop?: string;
  positionMs: number;
  atMs: number;
  durationMs?: number;
  introFromMs?: number; // opening titles
  introToMs?: number; // missing: none are known
  creditsMs?: number; // where the closing credits begin; missing: not known
  chapters?: Chapter[] | null; // in order; missing: none are known
  aiPerformers?: boolean; // to be labelled at the start and after each seek
  heldMs?: number; // up to this position the title is on the box; missing: not known
  rate: number;
  volume: number;
  muted: boolean;
  live: boolean;
  window?: LiveWindow | null;
  trickplay?: Trickplay | null;
  notice?: Problem | null; // what the box did by itself lately
  nextId?: string;
  nextName?: Text | null;
  rendition?: { width?: number; height?: number; bandwidth: number; audio?: string; subtitle?: string } | null;
  problem?: Problem | null;
}

export interface Service {
  id: string;
  name: string;
  reachable: boolean;
  revision: string;
  titles: number;
  problem?: Problem | null;
}

export interface System {
  firmware?: FirmwareView;
  version: string;
  demo: boolean;
  playerReady: boolean;
  player: { identity?: string; video?: boolean; simulated?: boolean; can?: { rate?: boolean } };
  services?: Service[] | null;
  problems?: Problem[] | null;
  tv?: Television;
  power?: Power;
}

export interface Television {
  present: boolean;
  power: "on" | "standby" | "turning on" | "going to standby" | "unknown";
  active: boolean; // it shows the box
  reason: string;
  sound: "box" | "tv" | "audio-system";
  volume: number; // percent, -1 unknown
  muted: boolean;
}

export interface Power {
  state: "on" | "leaving" | "standby" | "waking";
  idleAtMs?: number; // standby comes then unless somebody acts
  inhibitors: { id: string; reason: string; untilMs: number }[];
}

export interface Progress {
  positionMs: number;
  durationMs: number;
  finished: boolean;
  updatedMs: number;
}

export interface Check {
  name: string;
  ok: boolean;
  severity: "ok" | "warning" | "error";
  text: string;
  hint: string;
}

export interface KeyEvent {
  key: string;
  action: "press" | "repeat" | "release";
}

/** What the household has chosen and may choose; see internal/settings. */
export interface Settings {
  values: Record<string, string>;
  list: { name: string; values: string[]; default: string; absent?: "player" | "tv" | "voice" }[];
  asks: boolean; // nobody has chosen a language yet
}

/** What is asked of cache.status. */
export interface Cache {
  memoryBytes: number;
  memoryBudget: number;
  diskBytes: number;
  diskBudget: number;
  flashBytes: number;
  kits?: { dayBytes: number };
  film?: { session: number; height: number; rate: number; linkRate: number; heldMs: number; stalls: number; startMs: number; switches: number };
}

/** Topic "pairing". */
export interface Pairing {
  keys: Keys;
  accounts: Account[];
}

/** Where the keys of accounts are. */
export interface Keys {
  tier: string; // empty: there are no accounts
  bound: boolean; // they cannot leave the box
  sealed: boolean; // what is stored beside them cannot be read without it
}

/** How the account at one service stands. */
export interface Account {
  service: string;
  phase: "idle" | "asking" | "waiting" | "paired" | "denied" | "expired" | "failed";
  userCode?: string;
  uri?: string;
  qr?: { size: number; modules: string } | null;
  expiresAtMs?: number;
  attempt: number; // rises with each code asked for
  away: boolean; // the service is not reached; the box goes on trying
  telling: boolean; // disconnected, and the service does not know yet
  problem?: Problem | null; // how the last pairing, or the account, ended
}

/** Hours outside of which titles from an age on are hidden; minutes after midnight. */
export interface Watershed {
  minAge: number; // 0: nothing is hidden
  from: number;
  until: number;
}

/** One viewer. Of a PIN it says only that there is one. */
export interface Profile {
  id: string;
  name: string; // may be empty for the first one
  avatar: string;
  kids: boolean;
  limit: Rating;
  unrated: boolean;
  watershed: Watershed;
  language?: string;
  audio?: string;
  subtitles?: string;
  pin: boolean;
  insights: boolean;
}

/** Topic "household". */
export interface Household {
  revision: number; // another one: another catalogue may be seen
  current: string; // empty: nobody said yet who watches
  last: string;
  profiles: Profile[];
  watchlist: string[];
  limits: Rating[];
  avatars: string[];
}

/** Topic "purchase": one that a person approves on a phone. Without an id there is none. */
export interface Sale {
  id?: string;
  titleId?: string;
  name?: Text | null;
  kind?: string;
  state?: "intended" | "created" | "scanned" | "paid" | "accepted" | "fulfilled" | "expired" | "declined" | "cancelled" | "refunded";
  priceMinor?: number;
  currency?: string;
  billing?: string;
  playMs?: number;
  note?: Text | null;
  uri?: string;
  qr?: { size: number; modules: string } | null;
  expiresAtMs?: number;
  receipt?: string;
  begunMs?: number; // Unix time in ms
  balance?: { currency?: string; owedMinor?: number; limitMinor?: number; vouchers?: number };
  problem?: Problem | null;
}

/** What would be told to the services of who watches. */
export interface Insights {
  on: boolean;
  version: string;
  givenMs?: number;
  nextMs?: number;
  titles: { titleId: string; starts: number; ends: number; watchedMs: number }[];
}
