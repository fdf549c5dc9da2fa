// The focus trees of the screens: what can be reached, in which arrangement.

import { accountButtons, accounts, accountShown } from "./account";
import { boughtRows } from "./bought";
import { editKeys as searchKeys, keyboard } from "./keyboard";
import type { Branch, Focus, Leaf, Node } from "./focus";
import { nextEpisode, begun, relatedIds, rows, seasonsOf, summary, top, type State } from "./state";
import { atLive } from "./live";
import { rowsOf, sectionNames, valuesOf, type Section } from "./choices";
import { asking, padKeys, profiles, rowsOf as profileRows, watching } from "./people";
import { saleButtons, waysToBuy } from "./sales";
import { phoneRows } from "./phones";
import { languages } from "./text";
import { choices, hasChoices } from "./tracks";
import type { Title } from "./types";
import { updateRows } from "./update";

/** The entries of the menu; without services that have accounts there is none for them. */
export const menuItems = (s: State): ("home" | "search" | "account" | "settings" | "who")[] =>
  accounts(s).length ? ["home", "search", "account", "settings", "who"] : ["home", "search", "settings", "who"];

const menu = (s: State): Leaf => ({ id: "menu", items: menuItems(s) });

const column = (id: string, ...kids: Node[]): Branch => ({ id, axis: "y", kids });

/** Columns of the letter grid and of the results beside it. */
export const letterCols = 6;
export const resultCols = 5;

// Alphabetical, six wide: people find letters at once and no letter is more
// than nine moves away from another.
export const letters: readonly string[] = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
export const editKeys = ["space", "delete", "clear"] as const;

export function tree(s: State, focus: Focus): Node {
  const route = top(s);
  if (s.pad) return { id: "pad", items: padKeys, cols: 3 };
  switch (route.name) {
    case "home":
      return column("root", menu(s), column("home", ...rows(s).map((r) => ({ id: r.id, items: r.titles }))));
    case "search":
      return column("root", menu(s), search(s));
    case "settings":
      return s.choosing ? { id: "settings/options", items: valuesOf(s.settings, s.choosing), cols: 1 } : column("root", menu(s), settings(s, focus));
    case "network":
      return s.parts.network?.tree(s) ?? { id: "network", items: [] };
    case "welcome":
      return { id: "welcome/languages", items: languages.map(([tag]) => tag), cols: 1 };
    case "who":
      return who(s, route.edit);
    case "profile":
      return profile(s);
    case "buy":
      return { id: "buy/buttons", items: saleButtons(s.sale) };
    case "bought":
      return column("bought", { id: "bought/rows", items: boughtRows(s), cols: 1 }, { id: "bought/buttons", items: ["close"] });
    case "account":
      return column("root", menu(s), account(s));
    case "details":
      return details(s, route.id, focus);
    case "player":
      return player(s);
  }
}

const faceCols = 6;

function who(s: State, edit: boolean): Branch {
  const faces = [...profiles(s).map((p) => p.id), ...(edit ? ["new"] : [])];
  const content = column("who", { id: "who/faces", items: faces, cols: faceCols }, { id: "who/buttons", items: asking(s) ? [] : ["edit"] });
  return asking(s) ? content : column("root", menu(s), content);
}

/** The rows of a profile, and letters beside them while its name is written. */
function profile(s: State): Branch {
  const keys = column("profile/keys", { id: "profile/letters", items: letters, cols: letterCols }, { id: "profile/edit", items: editKeys });
  return { id: "profile", axis: "x", kids: [{ id: "profile/rows", items: profileRows(s), cols: 1 }, ...(s.naming ? [keys] : [])] };
}

function search(s: State): Branch {
  const board = keyboard(s.lang, s.plain);
  return {
    id: "search",
    axis: "x",
    kids: [
      column("search/keys", { id: "search/letters", items: board.keys, cols: board.cols }, { id: "search/edit", items: searchKeys(s.lang) }),
      { id: "search/found", items: shown(s), cols: resultCols },
    ],
  };
}

/** What the search screen offers: results, or what the services' rails have before anything was typed. */
export const shown = (s: State): readonly string[] =>
  (s.found ?? [...new Set(rows(s).filter((r) => r.rail).flatMap((r) => r.titles))]).slice(0, 40);

/** The parts of the settings beside the rows of the one that is meant. */
function settings(s: State, focus: Focus): Branch {
  const at = sectionNames[focus.at("settings/sections")] ?? "language";
  return {
    id: "settings", axis: "x",
    kids: [
      { id: "settings/sections", items: sectionNames, cols: 1 },
      { id: `settings/rows/${at}`, items: settingRows(s, at), cols: at === "about" ? 2 : 1 },
    ],
  };
}

/** What can be focused in a part of the settings. */
export function settingRows(s: State, section: Section): string[] {
  switch (section) {
    case "storage":
      return s.cache ? ["memory", "disk", "flash", "ahead", "clear"] : [];
    case "privacy":
      return ["kept", "services", "insights", "others"];
    case "update":
      return updateRows(s);
    case "phones":
      return phoneRows(s);
    case "network":
      return s.parts.network?.rows(s) ?? rowsOf(s.settings, section);
    case "health":
      return ["again", ...healthRows(s)];
    case "about":
      return ["box", "player", "services"];
    default:
      return rowsOf(s.settings, section);
  }
}

function healthRows(s: State): string[] {
  const problems = s.system?.problems ?? [];
  const checks = Array.isArray(s.checks) ? s.checks : [];
  const known = new Set(problems.map((p) => p.code));
  return [...problems.map((p) => `problem ${p.code}`), ...checks.filter((c) => !known.has(c.name)).map((_, i) => `check ${i}`)];
}

function account(s: State): Branch {
  const all = accounts(s).map((a) => a.service);
  return column("account", { id: "account/services", items: all.length > 1 ? all : [] }, { id: "account/buttons", items: accountButtons(accountShown(s), watching(s)) });
}

/** The name under which the focus of a details page is remembered. */
export const detailsId = (id: string, part: string): string => `details/${id}/${part}`;

function details(s: State, id: string, focus: Focus): Branch {
  const answer = s.answers[id];
  const seasons = seasonsOf(answer?.title);
  const season = seasons[Math.min(focus.at(detailsId(id, "seasons")), seasons.length - 1)];
  return column(
    detailsId(id, ""),
    { id: detailsId(id, "buttons"), items: buttons(s, id) },
    { id: detailsId(id, "seasons"), items: seasons.length > 1 ? seasons.map((x) => String(x.number)) : [] },
    { id: detailsId(id, `season${season?.number ?? 0}`), items: (season?.episodes ?? []).map((e) => e.id) },
    { id: detailsId(id, "related"), items: relatedIds(answer).filter((r) => summary(s, r)) },
  );
}

/** What the play buttons of a title play: itself, or an episode of it. */
export function playable(s: State, id: string): Title | undefined {
  const t = s.answers[id]?.title;
  return t?.kind === "series" ? nextEpisode(s, t) : t;
}

function buttons(s: State, id: string): string[] {
  const t = playable(s, id);
  const buy = waysToBuy(s, id).map((x) => `buy:${x.kind}`);
  return [...(t && begun(s.progress[t.id]) ? ["play", "start"] : ["play"]), ...buy, "list"];
}

export const showsNext = (s: State): boolean => s.nextIn !== undefined && top(s).name === "player";

/** Whether the film can run at another speed. */
export const hasSpeed = (s: State): boolean => !!s.system?.player.can?.rate && !s.playback?.live;

// Problems that asking again does not cure.
const final = new Set(["window", "territory", "not_found", "subscription_required", "payment_required"]);

// Problems that money cures: the page of the title says how it can be had.
const forSale = new Set(["subscription_required", "payment_required", "purchase_required", "start_by", "play_window", "lease_expired"]);

/** What can be done about a film that failed. */
export const remedies = (s: State): string[] =>
  s.playback?.problem?.code === "pairing_required" && accounts(s).length ? ["pair", "leave"] : forSale.has(s.playback?.problem?.code ?? "") ? ["buy", "leave"] : final.has(s.playback?.problem?.code ?? "") ? ["leave"] : ["retry", "leave"];

/** The buttons below the bar. */
export function playerControls(s: State): string[] {
  const p = s.playback;
  const has = (name: string, there: boolean): string[] => (there ? [name] : []);
  return [
    "toggle", ...has("start", !p?.live), ...has("live", !!p?.live && !s.starting && !atLive(p, s.now)), ...has("next", !!p?.nextId),
    ...has("chapters", !s.starting && chapterRows(p).length > 1), ...has("tracks", hasChoices(s.tracks)), ...has("speed", hasSpeed(s)), ...has("info", !s.starting), "stop",
  ];
}

/** Sound beside subtitles, their timing below. */
function trackMenu(s: State): Branch {
  const c = choices(s.tracks);
  const beside: Branch = {
    id: "player/kinds", axis: "x",
    kids: [{ id: "player/sound", items: c.sound, cols: 1 }, { id: "player/subtitles", items: c.subtitles, cols: 1 }],
  };
  const style = { id: "player/restyle", items: c.subtitles.length > 1 && styleRows(s.settings).length ? ["style"] : [] };
  return column("player/menu", beside, { id: "player/delay", items: c.delay }, style);
}

/** The chapters of the film, by number. */
export const chapterRows = (p: State["playback"]): string[] => (p?.chapters ?? []).map((_, i) => String(i));

/** What of the subtitles' style can be changed over the film. */
export const styleRows = (s: State["settings"]): string[] => rowsOf(s, "subtitles");

function player(s: State): Branch {
  const p = s.playback;
  if (p?.phase === "failed" && !s.starting) return column("player", { id: "player/failed", items: remedies(s) });
  if (showsNext(s)) return column("player", { id: "player/next", items: ["now", "stay"] });
  if (s.panel === "info") return column("player", { id: "player/info", items: ["close"] });
  if (s.panel === "chapters") return column("player", { id: "player/chapters", items: chapterRows(p), cols: 1 });
  if (s.panel === "style") return column("player", { id: "player/style", items: styleRows(s.settings), cols: 1 });
  if (s.menu) return trackMenu(s);
  const controls = playerControls(s);
  const skip = { id: "player/skip", items: s.skip === undefined ? [] : ["skip"] };
  return column("player", skip, { id: "player/bar", items: ["bar"] }, { id: "player/controls", items: controls });
}
