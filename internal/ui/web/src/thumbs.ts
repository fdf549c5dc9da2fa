// Pictures for winding: a WebVTT file whose cues name a picture, or a part of
// one (#xywh=, W3C Media Fragments 1.0 section 4.2.2). The daemon makes such a
// file whatever the service has. What makes no sense gives no picture.

export interface Thumb {
  from: number; // ms
  to: number;
  url: string;
  box?: { x: number; y: number; w: number; h: number } | undefined; // pixels; missing: the whole picture
}

const most = 20_000; // cues; a film of ten hours at one in two seconds
const timing = /^((?:\d+:)?\d{1,2}:\d{2}\.\d{3})\s+-->\s+((?:\d+:)?\d{1,2}:\d{2}\.\d{3})/;

const millis = (clock: string): number =>
  Math.round(clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);

/** Reads the cues in order of time. Addresses are taken relative to base. */
export function readThumbs(text: string, base: string): Thumb[] {
  if (!text.replace(/^\uFEFF/, "").startsWith("WEBVTT")) return [];
  const out: Thumb[] = [];
  for (const block of text.split(/\r?\n\r?\n|\r\r/)) {
    const lines = block.split(/\r\n|\n|\r/);
    const at = lines.findIndex((l) => timing.test(l));
    const t = at < 0 ? undefined : readCue(lines[at] as string, lines[at + 1], base);
    if (t && out.length < most) out.push(t);
  }
  return out.sort((a, b) => a.from - b.from);
}

function readCue(times: string, name: string | undefined, base: string): Thumb | undefined {
  const [, from, to] = timing.exec(times) as unknown as [string, string, string];
  if (!name?.trim() || !URL.canParse(name.trim(), base)) return undefined;
  const url = new URL(name.trim(), base);
  if (url.origin !== new URL(base).origin || millis(to) <= millis(from)) return undefined;
  const part = /^#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)$/.exec(url.hash);
  if (url.hash && !part) return undefined;
  url.hash = "";
  const [x, y, w, h] = (part ?? []).slice(1).map(Number);
  const box = part ? { x: x as number, y: y as number, w: w as number, h: h as number } : undefined;
  if (box && (!box.w || !box.h || box.w > 4096 || box.h > 4096)) return undefined;
  return { from: millis(from), to: millis(to), url: url.href, box };
}

/** The picture at a position, ms; undefined where there is none. */
export function thumbAt(all: readonly Thumb[], at: number): Thumb | undefined {
  let lo = 0;
  for (let hi = all.length; lo < hi; ) {
    const mid = (lo + hi) >> 1;
    if ((all[mid] as Thumb).from <= at) lo = mid + 1;
    else hi = mid;
  }
  const t = all[lo - 1];
  return t && at < t.to ? t : undefined;
}

/** Whether the part lies within a picture of that size. */
export const fits = (t: Thumb, width: number, height: number): boolean =>
  width > 0 && height > 0 && (!t.box || (t.box.x + t.box.w <= width && t.box.y + t.box.h <= height));
