// Where the film is, and winding in it: pure functions of time.

import type { Playback } from "./types";

/** The position at time now (Unix ms). It runs on only while playing. */
export function positionAt(p: Playback, now: number): number {
  const ran = p.phase === "playing" ? Math.max(0, now - p.atMs) * (p.rate || 1) : 0;
  const end = p.durationMs && p.durationMs > 0 ? p.durationMs : Infinity;
  return Math.max(0, Math.min(p.positionMs + ran, end));
}

// One press winds 10 s; a held key winds in ever larger steps.
const steps: readonly (readonly [heldMs: number, stepMs: number])[] = [
  [0, 10_000], [1500, 30_000], [3500, 60_000], [7000, 300_000],
];

/** How far one move winds after the key was held that long; never more than a twelfth of the film. */
export function windStep(heldMs: number, durationMs: number): number {
  let step = 10_000;
  for (const [from, ms] of steps) if (heldMs >= from) step = ms;
  return Math.max(10_000, Math.min(step, durationMs / 12));
}

/** Winding previews a target first and seeks when it stands still. */
export function wind(target: number, by: number, durationMs: number): number {
  return Math.max(0, Math.min(target + by, durationMs - 1000));
}

/** How long a target must stand still until it is sought. */
export const stillMs = 700;

/** How long before the end the next episode is announced. */
export const nextNoticeMs = 15_000;

/** Seconds until the next episode, or undefined while there is nothing to announce. */
export function untilNext(p: Playback, now: number): number | undefined {
  if (!p.nextId || p.live || !p.durationMs) return undefined;
  if (p.phase === "ended") return 0;
  if (p.phase !== "playing" && p.phase !== "buffering") return undefined;
  const left = p.durationMs - positionAt(p, now);
  return left <= nextNoticeMs ? Math.max(0, Math.ceil(left / 1000)) : undefined;
}
