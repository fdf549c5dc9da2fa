// The page of one title: what it is, how to watch it, its seasons and kin.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { clock, episodeCode, genre, named, span } from "../format";
import { detailsId, playable } from "../layout";
import { begun, relatedIds, seasonsOf, summary } from "../state";
import { watching } from "../people";
import { buyText, wayText, waysToBuy } from "../sales";
import { tell, type Word } from "../text";
import type { Season, Summary, Title } from "../types";
import { Item, Picture, Say, useApp, useApps, useWords, Watched } from "./item";
import { Rail } from "./rail";
import { Facts } from "./title";

export function Details(props: { id: string }) {
  const { id } = props;
  const { w } = useWords();
  const brief = useApps((s) => summary(s, id));
  const full = useApps((s) => s.answers[id]);
  const scroll = useScroll(id);
  const t: Title | undefined = full?.title ?? brief;
  if (!t) return <main class="details"><div class="hero bare" role="status" aria-label={w("loading")}><i /><i /><i /></div></main>;
  return (
    <main class={`details ${scroll.y > 0 ? "scrolled" : ""}`}>
      <div class="page" ref={scroll.page} style={{ transform: `translateY(${-scroll.y}px)` }}>
        <section class="about">
          <h1><Say text={t.name} /></h1>
          <Facts t={t} />
          <p class="synopsis"><Say text={full?.title.synopsis} /></p>
          <Buttons id={id} t={t} />
          {full && <Table t={full.title} />}
        </section>
        {full && <Seasons id={id} t={full.title} />}
        {full && <Kin id={id} />}
      </div>
    </main>
  );
}

/** Moves the page so that the section with the focus is on the screen. */
function useScroll(id: string) {
  const page = useRef<HTMLDivElement>(null);
  const leaf = useApps((s) => s.place?.leaf);
  const loaded = useApps((s) => s.answers[id] !== undefined);
  const [y, move] = useState(0);
  useLayoutEffect(() => {
    const part = document.activeElement?.closest("section");
    const box = page.current;
    if (!box || !part || part.parentElement !== box) return;
    const isFirst = part === box.firstElementChild;
    const room = box.parentElement?.clientHeight ?? 0;
    move(isFirst ? 0 : Math.max(0, part.offsetTop + part.offsetHeight - room * 0.95));
  }, [leaf, loaded]);
  return { page, y };
}

function Buttons(props: { id: string; t: Title }) {
  const app = useApp();
  const { lang, w } = useWords();
  const leaf = detailsId(props.id, "buttons");
  const what = useApps((s) => playable(s, props.id));
  const p = useApps((s) => (what ? s.progress[what.id] : undefined));
  const brief = useApps((s) => summary(s, props.id));
  const kids = useApps((s) => watching(s)?.kids);
  const ways = useMemo(() => waysToBuy(app.state, props.id), [brief, kids]);
  const noted = useApps((s) => !!s.household?.watchlist.includes(props.id));
  const code = what && what.id !== props.id ? episodeCode(what, lang) : "";
  const play = (from: "resume" | "start") => (): void => app.play(what ?? props.t, from);
  const label = begun(p)
    ? code ? w("details.resumeEpisode", { episode: code }) : w("details.resume", { time: clock(p.positionMs) })
    : code ? w("details.playEpisode", { episode: code }) : w(props.t.kind === "live" ? "details.live" : "details.play");
  return (
    <div class="buttons" role="group" aria-label={w("details.actions")}>
      <Item leaf={leaf} item="play" class="button primary" press={play("resume")}><i class="glyph play" />{label}</Item>
      {begun(p) && <Item leaf={leaf} item="start" class="button" press={play("start")}>{w("details.start")}</Item>}
      {ways.map((t) => (
        <Item key={t.kind} leaf={leaf} item={`buy:${t.kind}`} class="button" press={() => app.sales.buy(props.id, t.kind)}>{buyText(t, lang)}</Item>
      ))}
      <Item leaf={leaf} item="list" class="button" chosen={noted} press={() => void app.act("watchlist.set", { titleId: props.id, on: !noted })}>
        {w(noted ? "details.unlist" : "details.list")}
      </Item>
      {begun(p) && p.durationMs > 0 && <span class="left">{w("details.left", { time: span(p.durationMs - p.positionMs, lang) })}</span>}
    </div>
  );
}

function Table(props: { t: Title }) {
  const { t } = props;
  const { lang, w } = useWords();
  const list = (codes: readonly string[] | null | undefined, kind: "language" | "region"): string =>
    (codes ?? []).map((c) => named(kind, c, lang)).join(", ");
  const production = t.production ? w(`production.${t.production}` as Word) : "";
  const facts: [Word, string][] = [
    ["facts.cast", (t.cast ?? []).slice(0, 5).join(", ")],
    ["facts.director", (t.people ?? []).filter((p) => p.role === "director").map((p) => p.name).join(", ")],
    ["facts.how", (t.terms ?? []).map((x) => wayText(x, lang)).join(" · ")],
    ["facts.genres", (t.genres ?? []).map((g) => genre(g, lang)).join(", ")],
    ["facts.production", [production, list(t.countries, "region")].filter(Boolean).join(" · ")],
    ["facts.audio", list(t.audio, "language")],
    ["facts.subtitles", list(t.subtitles, "language") || w("facts.none")],
  ];
  return (
    <dl class="table">
      {facts.filter(([, text]) => text).map(([word, text]) => (
        <div key={word}><dt>{w(word)}</dt><dd>{text}</dd></div>
      ))}
      {t.aiPerformers && (
        <div><dt>{w("badge.ai")}</dt><dd>{Object.keys(t.aiNote ?? {}).length ? <Say text={t.aiNote} /> : w("ai.note")}</dd></div>
      )}
    </dl>
  );
}

function Seasons(props: { id: string; t: Title }) {
  const app = useApp();
  const { w } = useWords();
  const leaf = detailsId(props.id, "seasons");
  const seasons = seasonsOf(props.t);
  const index = useApps((s) => (s.place?.leaf === leaf ? s.place.index : app.focus.at(leaf)));
  const season = seasons[Math.min(index, seasons.length - 1)];
  if (!season) return null;
  return (
    <section class="seasons">
      {seasons.length > 1
        ? (
          <div class="tabs" role="tablist" aria-label={w("details.seasons")}>
            {seasons.map((x) => (
              <Item key={x.number} leaf={leaf} item={String(x.number)} role="tab" class="tab" chosen={x === season}
                press={() => app.move("down")}>{seasonName(x, w)}</Item>
            ))}
          </div>
        )
        : <h2>{w("details.episodes")}</h2>}
      <Episodes id={props.id} season={season} label={`${w("details.episodes")}, ${seasonName(season, w)}`} />
    </section>
  );
}

const seasonName = (x: Season, w: ReturnType<typeof useWords>["w"]): string => w("details.season", { n: x.number });

const cardRem = 25.25;

function Episodes(props: { id: string; season: Season; label: string }) {
  const app = useApp();
  const leaf = detailsId(props.id, `season${props.season.number}`);
  const all = props.season.episodes ?? [];
  const index = useApps((s) => (s.place?.leaf === leaf ? s.place.index : app.focus.at(leaf)));
  const left = Math.max(0, Math.min(index - 1, all.length - 4));
  return (
    <div class="track" role="listbox" aria-orientation="horizontal" aria-label={props.label}
      style={{ transform: `translateX(${-left * cardRem}rem)` }}>
      {all.map((e, i) => i >= left - 2 && i < left + 7 && (
        <Episode key={e.id} leaf={leaf} e={e} nth={i + 1} of={all.length} x={i * cardRem} />
      ))}
    </div>
  );
}

function Episode(props: { leaf: string; e: Title; nth: number; of: number; x: number }) {
  const app = useApp();
  const { lang, w } = useWords();
  const { e } = props;
  const p = useApps((s) => s.progress[e.id]);
  const backdrop = useApps((s) => e.backdrop || (e.seriesId ? s.titles[e.seriesId]?.backdrop : undefined));
  const name = tell(e.name, lang);
  const facts = [
    e.durationMs ? span(e.durationMs, lang) : "",
    p?.finished ? w("badge.seen") : begun(p) ? w("details.left", { time: span(p.durationMs - p.positionMs, lang) }) : "",
  ];
  return (
    <Item leaf={props.leaf} item={e.id} class="episode" role="option" nth={props.nth} of={props.of} x={props.x} press={() => app.play(e)}>
      <span class="card" aria-hidden="true">
        <Picture src={backdrop} />
        <b class="number">{e.number}</b>
        <Watched id={e.id} />
      </span>
      <span class="name" lang={name.lang}>{name.text}</span>{" "}
      <span class="length">{facts.filter(Boolean).join(" · ")}</span>
    </Item>
  );
}

function Kin(props: { id: string }) {
  const app = useApp();
  const { w } = useWords();
  const answer = useApps((s) => s.answers[props.id]);
  const ids = useApps((s) => relatedIds(answer).filter((r) => summary(s, r)).join(" ")).split(" ").filter(Boolean);
  if (ids.length === 0) return null;
  const open = (t: Summary): void => app.open(t.id);
  return <Rail id={detailsId(props.id, "related")} name={w("details.related")} label={w("details.related")} titles={ids} press={open} />;
}
