// Where the film is, and winding in it: pure functions of time.

import type { Playback } from "./types";

/** The position at time now (Unix ms). It runs on only while playing. */
export function positionAt(p: Playback, now: number): number {
  const ran = p.phase === "playing" ? Math.max(0, now - p.atMs) * (p.rate || 1) : 0;
  const end = p.durationMs && p.durationMs > 0 ? p.durationMs : Infinity;
  return Math.max(0, Math.min(p.positionMs + ran, end));
}

/** How much of the film is on the box from the picture on, ms; undefined when nobody knows. */
export function inHand(p: Playback, now: number): number | undefined {
  return p.heldMs ? Math.max(0, p.heldMs - positionAt(p, now)) : undefined;
}

/** Trouble that the film outlasts with what is on the box. */
export const outlasted = (code: string): boolean => ["network_lost", "service_error", "not_a_film"].includes(code);

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

/** Winding previews a target first and seeks when it stands still. From is where the bar begins, to where it ends. */
export function wind(target: number, by: number, to: number, from = 0): number {
  return Math.max(from, Math.min(target + by, to - (from ? 0 : 1000)));
}

/** How long a target must stand still until it is sought. */
export const stillMs = 700;

/** How long before the end the next episode is announced when nobody knows where the credits begin. */
export const nextNoticeMs = 15_000;

/** How long it is announced once the credits have begun. */
export const creditsNoticeMs = 10_000;

/**
 * Seconds until the next episode, or undefined while there is nothing to
 * announce. Since is the position at which the announcement came up: whoever
 * winds into the middle of the credits has the whole time to decline.
 */
export function untilNext(p: Playback, now: number, since?: number): number | undefined {
  if (!p.nextId || p.live || !p.durationMs) return undefined;
  if (p.phase === "ended") return 0;
  if (p.phase !== "playing" && p.phase !== "buffering") return undefined;
  const at = positionAt(p, now);
  const rate = p.rate || 1;
  if (at < (p.creditsMs || p.durationMs - nextNoticeMs)) return undefined;
  const end = p.creditsMs ? Math.min(Math.max(p.creditsMs, since ?? at) + creditsNoticeMs * rate, p.durationMs) : p.durationMs;
  return Math.max(0, Math.ceil((end - at) / rate / 1000));
}

/** The chapter that a place of the film is in: its number from 0, -1 before the first one. */
export function chapterAt(p: Playback, at: number): number {
  const all = p.chapters ?? [];
  let n = 0;
  while (n < all.length && (all[n]?.atMs ?? Infinity) <= at) n++;
  return n - 1;
}

/** Where parts of the film begin, as far as its service says; its beginning needs no mark. */
export const marks = (p: Playback): number[] =>
  [...new Set([...(p.chapters ?? []).map((c) => c.atMs), p.introToMs, p.creditsMs])].filter((at): at is number => !!at);

// For less than this, skipping is not worth a press.
const leastSkipMs = 1000;

/** Where skipping the opening titles leads, or undefined outside them. */
export function skipTo(p: Playback, now: number): number | undefined {
  if (!p.introToMs || p.live || !["playing", "paused", "buffering"].includes(p.phase)) return undefined;
  const at = positionAt(p, now);
  return at >= (p.introFromMs ?? 0) && at <= p.introToMs - leastSkipMs ? p.introToMs : undefined;
}

const rates = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** The rate after this one; after the fastest comes the slowest. */
export const nextRate = (rate: number): number => rates.find((r) => r > rate + 0.01) ?? rates[0];
