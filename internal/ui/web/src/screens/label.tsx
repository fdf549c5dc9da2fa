// The label of titles with performers made by AI: at the start and after each
// seek, whoever has hidden the overlay.

import { useEffect, useRef, useState } from "preact/hooks";
import { positionAt } from "../scrub";
import type { Playback } from "../types";
import { useApps, useWords } from "./item";

const shownMs = 4000; // two seconds are the least that law asks for
const jumpMs = 1500; // a position that is off by more was gone to

export function AILabel() {
  const { w } = useWords();
  const p = useApps((s) => s.playback);
  const shown = useShown(p);
  return shown ? <p class="ai-label" role="status">{w("ai.label")}</p> : null;
}

/** Whether the picture that is meant began, or went elsewhere, a moment ago. */
export function begins(was: Playback | undefined, p: Playback): boolean {
  if (!was || was.session !== p.session || was.titleId !== p.titleId) return true;
  if (was.phase !== "playing" && was.phase !== "paused" && was.phase !== "buffering") return true;
  return Math.abs(positionAt(p, p.atMs) - positionAt(was, p.atMs)) > jumpMs;
}

const seen = new Set(["playing", "paused", "buffering"]);

function useShown(p: Playback | undefined): boolean {
  const last = useRef<Playback | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [on, show] = useState(false);
  useEffect(() => {
    const was = last.current;
    last.current = p;
    if (!p?.aiPerformers || !seen.has(p.phase) || !begins(was, p)) return;
    show(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => show(false), shownMs);
  }, [p]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return on && !!p?.aiPerformers;
}
