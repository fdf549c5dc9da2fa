// The languages, and the choice of one. The page for phones uses this too, and
// none of the ten-foot page's words.

import type { Text } from "./types";

export type Lang = "zh-Hans" | "en" | "de" | "id" | "th";

/** The languages with their own names, in the order shown. */
export const languages: readonly (readonly [Lang, string])[] = [
  ["zh-Hans", "简体中文"], ["en", "English"], ["de", "Deutsch"], ["id", "Bahasa Indonesia"], ["th", "ไทย"],
];

const primary = (tag: string): string => (tag.split("-")[0] as string).toLowerCase();

/** The first of the wanted languages that the page speaks, else English. */
export function chooseLang(wanted: readonly string[]): Lang {
  for (const tag of wanted) {
    const known = languages.find(([l]) => primary(l) === primary(tag));
    if (known) return known[0];
  }
  return "en";
}

/** The language chosen before, or the first of the browser's that the page speaks. */
export function startLang(): Lang {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem("lang");
  } catch {
    // storage may be forbidden
  }
  return chooseLang([...(stored ? [stored] : []), ...navigator.languages]);
}

/** Remembers the language for the next time. */
export function keepLang(lang: Lang): void {
  try {
    localStorage.setItem("lang", lang);
  } catch {
    // without storage the choice lasts as long as the page
  }
}

/** A text and the language it is in. */
export interface Told {
  text: string;
  lang: string;
}

/** The best of a service's texts for a reader of lang: that one, English, or any. */
export function tell(text: Text | null | undefined, lang: Lang): Told {
  const all = Object.entries(text ?? {});
  const match =
    all.find(([tag]) => tag === lang) ??
    all.find(([tag]) => primary(tag) === primary(lang)) ??
    all.find(([tag]) => primary(tag) === "en") ??
    all.sort(([a], [b]) => (a < b ? -1 : 1))[0];
  return match ? { text: match[1], lang: match[0] } : { text: "", lang };
}
