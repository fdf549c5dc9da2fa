// The menu of sound, subtitles and their timing: what is in it, and what a
// press does. What the player cannot do is said, and not offered.

import type { Method } from "./bridge";
import type { Track, Tracks } from "./types";

export const delayStep = 100; // ms
const delayMost = 10_000;

/** The rows of the menu, by leaf; a leaf without items is not there. */
export function choices(t: Tracks | undefined): { sound: string[]; subtitles: string[]; delay: string[] } {
  const ids = (list: readonly Track[] | null | undefined): string[] => (list ?? []).map((x) => String(x.id));
  return {
    sound: t?.can.audio ? ids(t.audio) : [],
    subtitles: t?.can.subtitles && t.subtitles?.length ? ["0", ...ids(t.subtitles)] : [],
    delay: t?.can.delay ? ["audio:-", "audio:+", ...(t.subtitles?.length ? ["subtitles:-", "subtitles:+"] : [])] : [],
  };
}

/** Whether there is anything to choose. */
export const hasChoices = (t: Tracks | undefined): boolean => {
  const c = choices(t);
  return c.sound.length > 1 || c.subtitles.length > 0 || c.delay.length > 0;
};

/** The call that a press on an item of a leaf of the menu makes. */
export function callFor(t: Tracks | undefined, leaf: string, item: string): { method: Method; params: object } | undefined {
  if (leaf === "player/sound" || leaf === "player/subtitles") {
    const kind = leaf === "player/sound" ? "audio" : "subtitles";
    return { method: "player.choose", params: { kind, id: Number(item) } };
  }
  const [kind, sign] = item.split(":");
  if (leaf !== "player/delay" || !t || !kind) return undefined;
  const now = kind === "audio" ? t.audioDelayMs : t.subtitleDelayMs;
  const ms = Math.max(-delayMost, Math.min(delayMost, now + (sign === "+" ? delayStep : -delayStep)));
  return { method: "player.delay", params: { kind, ms } };
}

/** The name of a track: its language in the reader's own, else what the stream says. */
export function trackName(t: Track, lang: string): string {
  let language = "";
  try {
    language = t.language && t.language !== "und" ? (new Intl.DisplayNames(lang, { type: "language" }).of(t.language) ?? "") : "";
  } catch {
    language = t.language ?? ""; // not a tag of BCP 47
  }
  const name = language || t.title || String(t.id);
  const more = [t.title !== undefined && t.title !== name ? t.title : "", t.channels && t.channels > 2 ? `${t.channels - 1}.1` : ""].filter((x) => x);
  return [name, ...more].join(" · ");
}

/** A delay in seconds with its sign. */
export const delayText = (ms: number, lang: string): string =>
  `${new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" }).format(ms / 1000)} s`;
