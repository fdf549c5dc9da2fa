// Home: the focused title large, and below it the rails.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { rows, steady, summary, type Row } from "../state";
import { explain, tell, type Word } from "../text";
import type { Problem } from "../types";
import { Say, useApp, useApps, useWords, Words } from "./item";
import { BareRail, Rail } from "./rail";
import { Facts } from "./title";

const rowRem = 25;
const near = 2; // rows that exist above and below the one where the focus rests

export function Home(props: { hidden: boolean }) {
  const rails = useApps((s) => s.rails);
  const titles = useApps((s) => s.titles);
  const answers = useApps((s) => s.answers);
  const progress = useApps((s) => s.progress);
  const away = useApps((s) => !!s.system && (s.system.services ?? []).every((x) => !x.reachable && x.problem)); // or there is none
  const app = useApp();
  const watchlist = useApps((s) => s.household?.watchlist);
  const before = useRef<readonly Row[]>([]);
  const list = useMemo(() => (before.current = steady(before.current, rows(app.state))), [rails, titles, answers, progress, watchlist]);
  return (
    <main class="home" hidden={props.hidden}>
      <Hero />
      {rails === undefined && !away && <Bare />}
      {list.length === 0 && (rails !== undefined || away) && <Empty />}
      {list.length > 0 && <Rails list={list} />}
    </main>
  );
}

function Rails(props: { list: readonly Row[] }) {
  const app = useApp();
  const { list } = props;
  const leaf = useApps((s) => (s.place?.leaf.startsWith("home/") ? s.place.leaf : undefined));
  const known = app.focus.childOf("home");
  const current = Math.max(0, list.findIndex((r) => r.id === (leaf ?? known)));
  const rested = useRested(current);
  return (
    <div class="rails">
      <div class="stack" style={{ transform: `translateY(${-current * rowRem}rem)` }}>
        {list.map((r, i) => (Math.abs(i - current) <= 1 || Math.abs(i - rested) <= near) && (
          <div key={r.id} class={`row ${i < current ? "past" : ""}`} style={{ transform: `translateY(${i * rowRem}rem)` }}>
            <RowRail r={r} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** The rail of a row; a move to another row does not draw it again. */
function RowRail(props: { r: Row }) {
  const app = useApp();
  const { lang, w } = useWords();
  const { r } = props;
  return useMemo(() => (
    <Rail
      id={r.id}
      name={<>{r.rail ? <Say text={r.rail.name} /> : w(railWord(r))}{r.service && <small class="service">{r.service}</small>}</>}
      label={[r.rail ? tell(r.rail.name, lang).text : w(railWord(r)), r.service].filter(Boolean).join(", ")}
      titles={r.titles}
      press={(t) => (r.rail || r.origin || r.noted ? app.open(t.id) : app.play(t))}
    />
  ), [r, lang]);
}

/** What a rail of the page's own is called. */
const railWord = (r: Row): Word => (r.origin ? `rail.${r.origin as "own"}` : r.noted ? "rail.watchlist" : "rail.continue");

const restMs = 120;

/** The row the focus has come to rest in: rows further off are made then, so that a move has little to do. */
function useRested(current: number): number {
  const [rested, rest] = useState(current);
  useEffect(() => {
    const timer = setTimeout(() => rest(current), restMs);
    return () => clearTimeout(timer);
  }, [current]);
  return rested;
}

function Hero() {
  const t = useApps((s) => summary(s, s.settled));
  const full = useApps((s) => (s.settled ? s.answers[s.settled]?.title : undefined));
  const series = useApps((s) => (t?.seriesId ? (s.titles[t.seriesId] ?? s.answers[t.id]?.series ?? undefined) : undefined));
  if (!t) return <div class="hero" />;
  return (
    <div class="hero" key={t.id}>
      {series && <p class="kicker"><Say text={series.name} /></p>}
      <h1><Say text={t.name} /></h1>
      <Facts t={t} />
      <p class="synopsis">{full && <Say text={full.synopsis} />}</p>
    </div>
  );
}

/** Skeletons: the shape of the screen before anything is known. */
function Bare() {
  const { w } = useWords();
  return (
    <>
      <div class="hero bare" role="status" aria-label={w("loading")}><i /><i /><i /></div>
      <div class="rails"><BareRail /></div>
    </>
  );
}

/** There is nothing to show: what happened, and what happens now. */
function Empty() {
  const { lang, w } = useWords();
  const problem = useApps((s): Problem | undefined =>
    (s.system?.services ?? []).map((x) => x.problem).find(Boolean) ?? s.system?.problems?.[0] ?? undefined);
  const none = useApps((s) => s.system?.services?.length === 0);
  const cut = useApps((s) => s.network?.link === "none");
  const told = problem && !cut && explain(problem, lang);
  const hint = w(none ? "empty.noServiceHint" : cut ? "empty.noNetworkHint" : "empty.hint");
  return (
    <div class="hero empty" role="status">
      <h1>{w(none ? "empty.noService" : cut ? "empty.noNetwork" : "empty.title")}</h1>
      <p class="synopsis">{told && !none ? <><Words told={told.text} /> <Words told={told.hint} /></> : hint}</p>
    </div>
  );
}
