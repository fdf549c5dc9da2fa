// Words: the page's own in five languages, and the choice of language for
// texts that come from services. English is part of the scripts; another
// language is read when it is wanted.

import en from "./i18n/en.json";
import type { Lang, Told } from "./lang";
import type { Problem } from "./types";

export * from "./lang";

export type Word = keyof typeof en;

const words: Partial<Record<Lang, Partial<Record<Word, string>>>> = { en };

/** Takes in English words that a part of the page brings (later.ts). */
export function more(dictionary: Readonly<Record<string, string>>): void {
  Object.assign(en, dictionary);
}

/** Takes in the words of a language. */
export function learn(lang: Lang, dictionary: Partial<Record<Word, string>>): void {
  words[lang] = dictionary;
}

/** Words as the box keeps them: their names, or in the same order what they are in a language. */
interface Kept {
  mark: string; // of the names
  words: string[];
}

async function read(file: string): Promise<Kept> {
  const answer = await fetch(file);
  if (!answer.ok) throw new TypeError(`${file}: ${answer.status}`);
  return (await answer.json()) as Kept;
}

/** Reads the words of a language from the box, once; without them the page speaks English. */
export async function readWords(lang: Lang): Promise<void> {
  if (words[lang]) return;
  try {
    const [names, texts] = await Promise.all([read("words.json"), read(`words.${lang}.json`)]);
    if (names.mark === texts.mark) learn(lang, Object.fromEntries(names.words.map((name, i) => [name, texts.words[i]])));
  } catch {
    // the box is away; the choice of language asks again
  }
}

/** One of the page's own words, with {name} places filled. */
export function say(lang: Lang, word: Word, fill: Record<string, string | number> = {}): string {
  return (words[lang]?.[word] ?? en[word] ?? "").replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ""));
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
