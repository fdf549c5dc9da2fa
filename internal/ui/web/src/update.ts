// Updates of the box's firmware: what can be done about one, and how it stands
// in words. When it may start anew is decided by the box.

import { say, type Lang, type Word } from "./text";
import type { FirmwareView } from "./api";
import type { State } from "./state";

/** How long an update is put off; the box takes no longer. */
export const laterMs = 24 * 60 * 60 * 1000;

const pending = new Set(["offered", "writing", "written"]);

/** The rows of the part, from the top. */
export function updateRows(s: State): string[] {
  const f = s.system?.firmware;
  if (!f) return [];
  const open = !!f.offer && pending.has(f.stage);
  return [
    "version", ...(f.offer ? ["offer"] : []), "state",
    ...(open ? ["install"] : []), ...(open && !f.installsNow && f.laterLeft > 0 ? ["later"] : []), ...(f.stage === "idle" ? ["check"] : []),
  ];
}

export const stageText = (f: FirmwareView, lang: Lang): string => say(lang, `update.${f.stage}` as Word, { percent: f.percent ?? 0 });

/** Why it does not go on; empty where it does. */
export function waitsText(f: FirmwareView, lang: Lang): string {
  const why = f.waits ?? (f.laterMs && !f.installsNow ? "postponed" : undefined); // an offer that nobody takes waits for nothing else
  return why ? say(lang, `update.waits.${why}` as Word, { time: f.laterMs ? dayTime(f.laterMs, lang) : "" }) : "";
}

/** A time of this week: the same hour tomorrow is not now. */
const dayTime = (at: number, lang: Lang): string =>
  new Intl.DateTimeFormat(lang, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(at);
