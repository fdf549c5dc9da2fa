// Words: the page's own in five languages, and the choice of language for
// texts that come from services. English is part of the script; another
// language is read when it is wanted.

import en from "./i18n/en.json";
import type { Problem, Text } from "./types";

export type Word = keyof typeof en;
export type Lang = "zh-Hans" | "en" | "de" | "id" | "th";

const words: Partial<Record<Lang, Partial<Record<Word, string>>>> = { en };

/** Takes in the words of a language. */
export function learn(lang: Lang, dictionary: Partial<Record<Word, string>>): void {
  words[lang] = dictionary;
}

/** Reads the words of a language from the box, once; without them the page speaks English. */
export async function readWords(lang: Lang): Promise<void> {
  if (words[lang]) return;
  try {
    const answer = await fetch(`words.${lang}.json`);
    if (answer.ok) learn(lang, await answer.json());
  } catch {
    // the box is away; the choice of language asks again
  }
}

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

/** One of the page's own words, with {name} places filled. */
export function say(lang: Lang, word: Word, fill: Record<string, string | number> = {}): string {
  return (words[lang]?.[word] ?? en[word]).replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ""));
}

/** Whether the page has this word: for codes that services and the daemon invent. */
export const known = (word: string): word is Word => Object.hasOwn(en, word);

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

/**
 * What happened and what to do now. Unknown codes keep the daemon's English,
 * and so does the English page: the script has no words for problems.
 */
export function explain(p: Problem, lang: Lang): { text: Told; hint: Told } {
  const part = (kind: "text" | "hint"): Told => {
    const own = p[kind];
    const told = words[lang]?.[`problem.${p.code}.${kind}` as Word];
    return told && (lang !== "en" || !own) ? { text: told, lang } : { text: own, lang: "en" };
  };
  return { text: part("text"), hint: part("hint") };
}
