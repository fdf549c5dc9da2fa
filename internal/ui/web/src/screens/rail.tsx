// A rail: a row of posters of which only those near the window exist.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useApp, useApps } from "./item";
import { Tile } from "./title";
import type { Summary } from "../types";

const tileRem = 12.5;
const gapRem = 1.75;
const stepRem = tileRem + gapRem;
const visible = 7; // whole posters beside each other
const lead = 2; // posters kept to the left of the focused one

/** The index of the leftmost poster: it depends on the focus alone, so that coming back finds the same picture. */
export function leftmost(index: number, n: number): number {
  return Math.max(0, Math.min(index - lead, n - visible));
}

interface RailProps {
  id: string;
  name: ComponentChildren;
  label: string;
  titles: readonly string[];
  press(t: Summary): void;
}

export function Rail(props: RailProps) {
  const app = useApp();
  const { id, titles } = props;
  const index = useApps((s) => (s.place?.leaf === id ? s.place.index : app.focus.at(id)));
  const left = leftmost(index, titles.length);
  const from = Math.max(0, left - 2);
  return useMemo(() => ( // most moves along it leave it where it is
    <section class="rail">
      <h2>{props.name}</h2>
      <div class="track" role="listbox" aria-orientation="horizontal" aria-label={props.label}
        style={{ transform: `translateX(${-left * stepRem}rem)` }}>
        {titles.slice(from, left + visible + 2).map((title, i) => (
          <Tile key={title} leaf={id} id={title} nth={from + i + 1} of={titles.length} x={(from + i) * stepRem} press={props.press} />
        ))}
      </div>
    </section>
  ), [props, left]);
}

/** What stands in for a rail that is not there yet. */
export function BareRail() {
  return (
    <section class="rail bare" aria-hidden="true">
      <h2><i /></h2>
      <div class="track">
        {[...Array(8).keys()].map((i) => (
          <span key={i} class="tile" style={{ transform: `translateX(${i * stepRem}rem)` }}><span class="card" /></span>
        ))}
      </div>
    </section>
  );
}
