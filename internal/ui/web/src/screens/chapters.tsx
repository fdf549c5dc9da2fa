// The chapters of the film, the one that is on first in sight.

import { useEffect } from "preact/hooks";
import { clock } from "../format";
import { chapterRows } from "../layout";
import { chapterAt, positionAt } from "../scrub";
import { Colon } from "./fact";
import { Item, Say, useApp, useApps, useWords } from "./item";

export function Chapters() {
  const app = useApp();
  const { w } = useWords();
  const p = useApps((s) => s.playback);
  const now = useApps((s) => s.now);
  const place = useApps((s) => s.place);
  useEffect(() => document.activeElement?.scrollIntoView({ block: "nearest" }), [place]);
  if (!p) return null;
  const on = chapterAt(p, positionAt(p, now));
  return (
    <div class="panel chapters" role="dialog" aria-label={w("player.chapters")}>
      <h2>{w("player.chapters")}</h2>
      <div class="list" role="group" aria-label={w("player.chapters")}>
        {chapterRows(p).map((item, i) => (
          <Item key={item} leaf="player/chapters" item={item} class="row-item" chosen={i === on} press={() => app.player.panels.chapter(item)}>
            <span class="what"><Say text={p.chapters?.[i]?.name} /></span><Colon />
            <span class="value">{clock(p.chapters?.[i]?.atMs ?? 0)}</span>
          </Item>
        ))}
      </div>
    </div>
  );
}
