// The keyboards of the search screen. Letters are in the order in which people
// know them, so that each is found at once, and none is far from another.
// Chinese is typed by the first letters of the readings (dh finds 灯火), which
// the box understands.

import type { Lang } from "./text";

export interface Keyboard {
  keys: readonly string[];
  cols: number;
}

const digits = [..."0123456789"];
const latin = [..."abcdefghijklmnopqrstuvwxyz"];

// Consonants, then vowels and tones; ฃ and ฅ are in no word of today.
const thai = [..."กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ", ..."ะัาำิีึืุูเแโใไฤ็่้๊๋์ๆ"];

/** The keyboard of a language; plain is the Latin one beside another script. */
export function keyboard(lang: Lang, plain: boolean): Keyboard {
  if (lang === "th" && !plain) return { keys: thai, cols: 10 };
  if (lang === "de") return { keys: [...latin, ..."äöüß", ...digits], cols: 7 };
  return { keys: [...latin, ...digits], cols: 6 };
}

/** Whether a language has another script beside the Latin one. */
export const hasScripts = (lang: Lang): boolean => lang === "th";

/** The keys below the letters. */
export const editKeys = (lang: Lang): readonly ("space" | "delete" | "clear" | "script")[] =>
  hasScripts(lang) ? ["script", "space", "delete", "clear"] : ["space", "delete", "clear"];

/** A letter as its key shows it: marks need something to stand on. */
export const keyFace = (letter: string): string => (/\p{M}/u.test(letter) ? `◌${letter}` : letter === "ß" ? letter : letter.toUpperCase());
