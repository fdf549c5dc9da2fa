// What is said about a title in one line, and its tile.

import { useMemo, useRef } from "preact/hooks";
import { tell, type Lang } from "../text";
import { episodeCode, genre, rating, span, terms } from "../format";
import { begun } from "../state";
import type { Progress, Summary } from "../types";
import { Item, Picture, useApps, useWords, Watched } from "./item";

/** Year · duration · rating · genres, then the badges. */
export function Facts(props: { t: Summary }) {
  const { t } = props;
  const { lang, w } = useWords();
  const offer = terms(t, lang);
  const line = [
    t.kind === "episode" ? episodeCode(t, lang) : "",
    t.year ? String(t.year) : "",
    t.durationMs ? span(t.durationMs, lang) : "",
    t.kind === "series" ? w("kind.series") : "",
    ...(t.genres ?? []).slice(0, 2).map((g) => genre(g, lang)),
  ].filter(Boolean);
  const age = rating(t, lang);
  return (
    <p class="facts">
      {t.kind === "live" && <span class="badge live">{w("badge.live")}</span>}
      {offer && <span class={`badge ${offer.kind}`}>{offer.text}</span>}
      {age && <span class="badge age">{age}</span>}
      {line.map((part, i) => (
        <span key={i} class="fact">{part}</span>
      ))}
      {t.aiPerformers && <span class="badge ai">{w("badge.ai")}</span>}
    </p>
  );
}

/** A title in one sentence, for those who hear the page. */
export function spoken(t: Summary, p: Progress | undefined, lang: Lang, w: ReturnType<typeof useWords>["w"]): string {
  const parts = [
    tell(t.name, lang).text,
    t.kind === "series" ? w("kind.series") : t.kind === "live" ? w("badge.live") : episodeCode(t, lang),
    t.durationMs ? span(t.durationMs, lang) : "",
    rating(t, lang) ?? "",
    terms(t, lang)?.text ?? "",
    t.aiPerformers ? w("badge.ai") : "",
    begun(p) && p.durationMs ? w("details.left", { time: span(p.durationMs - p.positionMs, lang) }) : "",
  ];
  return parts.filter(Boolean).join(", ");
}

interface TileProps {
  leaf: string;
  id: string;
  nth: number;
  of: number;
  x?: number;
  caption?: boolean; // the name below the poster
  press(t: Summary): void;
}

/** A poster that can be pressed. It is drawn again when something of it changed, not whenever its rail moves. */
export function Tile(props: TileProps) {
  const { lang, w } = useWords();
  const t = useApps((s) => s.titles[props.id] ?? s.answers[props.id]?.title);
  const p = useApps((s) => s.progress[props.id]);
  const poster = useApps((s) => t?.poster || (t?.seriesId ? s.titles[t.seriesId]?.poster : undefined));
  const press = useRef(props.press);
  press.current = props.press;
  const { leaf, id, nth, of, x, caption } = props;
  return useMemo(() => {
    if (!t) return null;
    const name = tell(t.name, lang);
    return (
      <Item leaf={leaf} item={id} class="tile" role="option" nth={nth} of={of} {...(x === undefined ? {} : { x })}
        label={spoken(t, p, lang, w)} press={() => press.current(t)}>
        <span class="card">
          <span class="name" lang={name.lang} data-name={name.text} />
          <Picture src={poster} />
          {t.kind === "live" && <span class="badge live drawn" data-text={w("badge.live")} />}
          <Watched id={id} />
        </span>
        {caption && <span class="caption" lang={name.lang} aria-hidden="true">{name.text}</span>}
      </Item>
    );
  }, [t, p, poster, lang, leaf, id, nth, of, x, caption]);
}
