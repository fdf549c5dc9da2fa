// Words: the page's own in five languages, and the choice of language for
// texts that come from services. English is part of the script; another
// language is read when it is wanted.

import en from "./i18n/en.json";
import type { Lang, Told } from "./lang";
import type { Problem } from "./types";

export * from "./lang";

export type Word = keyof typeof en;

const words: Partial<Record<Lang, Partial<Record<Word, string>>>> = { en };

/** Takes in English words that are not in the script of the page. */
export function more(dictionary: Readonly<Record<string, string>>): void {
  Object.assign(en, dictionary);
}

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

/** One of the page's own words, with {name} places filled. */
export function say(lang: Lang, word: Word, fill: Record<string, string | number> = {}): string {
  return (words[lang]?.[word] ?? en[word]).replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ""));
}

/** Whether the page has this word: for codes that services and the daemon invent. */
export const known = (word: string): word is Word => Object.hasOwn(en, word);

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
