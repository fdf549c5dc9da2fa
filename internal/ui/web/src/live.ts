// Live channels: how far behind one is and how far one can wind. Pure
// functions of time; positions are the programme's own, Unix ms.

import { positionAt } from "./scrub";
import type { LiveWindow, Playback } from "./types";

/** The window at time now (Unix ms): it moves on with the clock. */
export function windowAt(w: LiveWindow, now: number): { start: number; live: number } {
  const ran = Math.max(0, now - w.atMs);
  return { start: w.startMs + ran, live: w.liveMs + ran };
}

/** How far the picture is behind the live one, ms; 0 when nobody knows. */
export function behind(p: Playback, now: number): number {
  return p.live && p.window ? Math.max(0, windowAt(p.window, now).live - positionAt(p, now)) : 0;
}

/** Whether a channel shows what is live, or as good as. */
export const atLive = (p: Playback, now: number): boolean => behind(p, now) <= (p.window?.slackMs ?? 0);

/** What the bar stands for: from, to and a position on it. Undefined: the bar says nothing. */
export function extent(p: Playback | undefined, now: number): { from: number; to: number } | undefined {
  if (!p) return undefined;
  if (!p.live) return p.durationMs ? { from: 0, to: p.durationMs } : undefined;
  if (!p.window?.winds) return undefined;
  const w = windowAt(p.window, now);
  return { from: w.start, to: w.live };
}

/** A position on the bar as a share of it, 0 to 1. */
export const share = (e: { from: number; to: number }, at: number): number =>
  e.to > e.from ? Math.min(1, Math.max(0, (at - e.from) / (e.to - e.from))) : 1;
