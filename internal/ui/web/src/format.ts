// Numbers, times, prices and names in the reader's language.

import { known, say, type Lang } from "./text";
import type { Cache, Playback, Rating, Summary } from "./types";

/** 1:02:03 or 2:03. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** 1 h 42 min, to the nearest minute and never 0. */
export function span(ms: number, lang: Lang): string {
  const all = Math.max(1, Math.round(ms / 60_000));
  const h = Math.floor(all / 60);
  const m = all % 60;
  if (h === 0) return say(lang, "unit.m", { m });
  return m === 0 ? say(lang, "unit.h", { h }) : say(lang, "unit.hm", { h, m });
}

const made = new Map<string, unknown>();

/** The formatter of a name, made once: a rail has dozens to ask, and making one takes a slow box most of a millisecond. */
function kept<T>(name: string, make: () => T): T {
  if (!made.has(name)) made.set(name, make());
  return made.get(name) as T;
}

/** A number with no more decimals than that. */
const rounded = (n: number, digits: number, lang: Lang): string =>
  kept(`number ${lang} ${digits}`, () => new Intl.NumberFormat(lang, { maximumFractionDigits: digits })).format(n);

/** How fast: 1.5×. */
export const speed = (rate: number, lang: Lang): string => `${rounded(rate, 2, lang)}×`;

/** The time of day at a Unix time in ms, by the habit of the browser's region where it speaks lang. */
export function timeOfDay(at: number, lang: Lang): string {
  const own = navigator.language.split("-")[0] === lang.split("-")[0] ? navigator.language : lang;
  return kept(`time ${own}`, () => new Intl.DateTimeFormat(own, { hour: "numeric", minute: "2-digit" })).format(at);
}

/** The day of a Unix time in ms: 21 Nov 2026. */
export const dayOf = (at: number, lang: Lang): string => new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(at);

/** A price given in the currency's minor unit. */
export function price(minor: number, currency: string, lang: Lang): string {
  try {
    const f = kept(`price ${lang} ${currency}`, () => new Intl.NumberFormat(lang, { style: "currency", currency }));
    const digits = f.resolvedOptions().maximumFractionDigits ?? 2;
    return f.format(minor / 10 ** digits);
  } catch {
    return `${minor / 100} ${currency}`; // not an ISO 4217 code
  }
}

/** The terms badge: the cheapest way to watch. */
export function terms(t: Summary, lang: Lang): { text: string; kind: string } | undefined {
  const first = t.terms?.[0];
  if (!first) return undefined;
  if (first.kind === "free") return { text: say(lang, "badge.free"), kind: "free" };
  if (first.kind === "subscription") return { text: say(lang, "badge.included"), kind: "included" };
  const cost = price(first.priceMinor ?? 0, first.currency ?? "EUR", lang);
  return { text: say(lang, first.kind === "rent" ? "badge.rent" : "badge.buy", { price: cost }), kind: "paid" };
}

// Which rating system readers of a language know best.
const systems: Record<Lang, readonly string[]> = {
  de: ["FSK"], en: ["BBFC", "MPA"], id: ["LSF"], th: ["TH", "Thai"], "zh-Hans": ["CN", "family advisory"],
};

const badgeLength = 10; // a label longer than that is a sentence

/** The age rating to show, as its system prints it. */
export function rating(t: Summary, lang: Lang): string | undefined {
  const all = t.ratings ?? [];
  const own = systems[lang].map((s) => all.find((r) => r.system.toLowerCase() === s.toLowerCase())).find(Boolean);
  const r: Rating | undefined = own ?? all[0];
  if (!r) return undefined;
  const label = r.label.trim();
  if (label.length > badgeLength) return `${r.system} ${r.minAge}`;
  return label.toLowerCase().includes(r.system.toLowerCase()) || r.system.length > 6 ? label : `${r.system} ${label}`;
}

/** The name of a language or region by its tag or code. */
export function named(kind: "language" | "region", code: string, lang: Lang): string {
  try {
    return kept(`${kind} ${lang}`, () => new Intl.DisplayNames([lang], { type: kind })).of(code) ?? code;
  } catch {
    return code; // not a well-formed tag
  }
}

/** A genre in words; services may invent some. */
export function genre(g: string, lang: Lang): string {
  const word = `genre.${g.toLowerCase().replace(/[\s_]+/g, "-")}`;
  return known(word) ? say(lang, word) : g.charAt(0).toUpperCase() + g.slice(1);
}

/** 720p · 3.5 Mb/s: what the player got last, or what the film was opened with. */
export function rendition(p: Playback, lang: Lang, film?: Cache["film"]): string {
  const now = film && film.session === p.session && film.rate ? { height: film.height, bandwidth: film.rate } : p.rendition;
  if (!now) return "";
  const rate = rounded(now.bandwidth / 1e6, 1, lang);
  return [now.height ? `${now.height}p` : "", now.bandwidth ? `${rate} Mb/s` : ""].filter(Boolean).join(" · ");
}

/** S1 E2, for an episode. */
export function episodeCode(t: { season?: number; number?: number }, lang: Lang): string {
  return t.number ? say(lang, "details.code", { season: t.season ?? 1, number: t.number }) : "";
}

/** 1.2 GB, 340 MB. */
export function bytes(n: number, lang: Lang): string {
  const units = ["kilobyte", "megabyte", "gigabyte"];
  let at = 0;
  for (n /= 1000; n >= 1000 && at < units.length - 1; at++) n /= 1000;
  return new Intl.NumberFormat(lang, { style: "unit", unit: units[at] as string, unitDisplay: "short", maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}
