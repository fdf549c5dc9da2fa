// Standby: a dark screen with the time, and the warning before it comes by itself.

import { useEffect, useState } from "preact/hooks";
import { timeOfDay } from "../format";
import { asleep } from "../state";
import { useApps, useWords } from "./item";

/** The name of the brand: the theme's, else our own. */
export function brand(): string {
  const named = getComputedStyle(document.documentElement).getPropertyValue("--brand").trim();
  return named.replace(/^"|"$/g, "") || "Usher";
}

/** The name and the usher's light. */
export function Wordmark() {
  return (
    <span class="wordmark" role="img" aria-label={brand()}>
      <span aria-hidden="true">{brand()}</span>
      <i aria-hidden="true" />
    </span>
  );
}

export function useClock(everyMs: number): number {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

const driftMs = 20_000;

/** In standby, and after minutes of stillness: a dark screen with a clock that wanders, so that nothing burns in. */
export function Rest() {
  const resting = useApps((s) => s.resting || asleep(s));
  return resting ? <RestClock /> : null;
}

function RestClock() {
  const { lang, w } = useWords();
  const waits = useApps((s) => s.system?.power?.state === "leaving");
  const now = useClock(driftMs);
  const step = Math.floor(now / driftMs);
  const place = { transform: `${wander("X", "vw", (step * 37) % 60)} ${wander("Y", "vh", (step * 23) % 60)}` };
  return (
    <div class="rest" role="status">
      <div style={place}><Wordmark /><time>{timeOfDay(now, lang)}</time><p>{w(waits ? "standby.waits" : "rest.hint")}</p></div>
    </div>
  );
}

/** A place on one axis, from 0 to 59: however long the words are, they stay where every television shows them. */
const wander = (axis: "X" | "Y", unit: "vw" | "vh", at: number): string => `translate${axis}(calc(${6 + (88 * at) / 59}${unit} - ${(100 * at) / 59}%))`;

/** Nobody did anything for long: standby comes, unless somebody does. */
export function Warning() {
  const at = useApps((s) => s.system?.power?.idleAtMs);
  return at ? <Countdown at={at} /> : null;
}

function Countdown(props: { at: number }) {
  const { w } = useWords();
  const left = Math.max(0, Math.ceil((props.at - useClock(1000)) / 1000));
  return <div class="notice shown" role="alert"><strong>{w("standby.soon", { seconds: left })}</strong> <span>{w("standby.stay")}</span></div>;
}
