// The player screen: the film's picture or what stands in for it, and the
// overlay with the state, the time and the controls.

import { atLive, behind, extent, share } from "../live";
import { playerControls, remedies, showsNext } from "../layout";
import { episodeCode, clock, rendition, speed, timeOfDay } from "../format";
import { chapterAt, inHand, marks, outlasted, positionAt } from "../scrub";
import { summary } from "../state";
import { explain, tell, type Word } from "../text";
import { Chapters } from "./chapters";
import { Info } from "./info";
import { StyleMenu } from "./style";
import { TrackMenu } from "./tracks";
import { AILabel } from "./label";
import { Preview } from "./preview";
import type { Playback } from "../types";
import { Item, Say, useApp, useApps, useWords, Words } from "./item";

export function PlayerScreen() {
  const overlay = useApps((s) => s.overlay);
  const p = useApps((s) => s.playback);
  const starting = useApps((s) => s.starting);
  const next = useApps(showsNext);
  const skip = useApps((s) => s.skip !== undefined);
  const menu = useApps((s) => s.menu);
  const panel = useApps((s) => s.panel);
  const failed = p?.phase === "failed" && !starting;
  const under = (menu || panel) && !failed && !next; // what is under a panel is out of reach
  return (
    <main class={`player ${under ? "under" : ""} ${overlay || failed ? "shown" : ""} ${failed ? "broken" : ""}`}>
      {!overlay && !failed && <Honest alone />}
      <AILabel />
      <State />
      {failed && p ? <Failed p={p} /> : <Overlay />}
      {skip && !failed && <Skip />}
      {next && <Next />}
      {menu && !panel && !failed && !next && <TrackMenu />}
      {panel === "info" && !failed && !next && <Info />}
      {panel === "chapters" && !failed && !next && <Chapters />}
      {panel === "style" && !failed && !next && <StyleMenu />}
    </main>
  );
}

/** Says where the picture is, when it is nowhere. */
function Honest(props: { alone?: boolean }) {
  const { w } = useWords();
  const player = useApps((s) => s.system?.player);
  if (!player) return null;
  const line = player.simulated ? w("player.simulated")
    : !player.video ? w("player.noPicture", { player: player.identity || w("about.player") }) : "";
  return line ? <p class={`honest ${props.alone ? "alone" : ""}`}>{line}</p> : null;
}

const waiting = new Set(["resolving", "opening", "buffering", "recovering"]);

/** The state in words, announced when it changes. */
function State() {
  const { lang, w } = useWords();
  const phase = useApps((s) => (s.starting ? "opening" : (s.playback?.phase ?? "idle")));
  const problem = useApps((s) => (s.starting || s.playback?.phase === "failed" ? undefined : s.playback?.problem));
  const level = useApps((s) => s.level);
  const word = phase === "idle" || phase === "failed" || phase === "playing" ? "" : w(`player.${phase}` as Word);
  return (
    <div class={`state ${waiting.has(phase) ? "waiting" : ""} ${phase}`} role="status">
      {word && <i class="sign" aria-hidden="true" />}
      {problem ? <p><Words told={explain(problem, lang).text} /> <Words told={explain(problem, lang).hint} /></p> : word && <span>{word}</span>}
      <InHand />
      {level && <span class="level">{level}</span>}
    </div>
  );
}

/** How much is left of what is on the box, while nothing more comes. */
function InHand() {
  const { w } = useWords();
  const p = useApps((s) => (s.starting ? undefined : s.playback));
  const now = useApps((s) => s.now);
  const left = p?.problem && outlasted(p.problem.code) ? inHand(p, now) : undefined;
  return left ? <span class="hand">{w("player.inHand", { time: clock(left) })}</span> : null;
}

function Overlay() {
  const { lang, w } = useWords();
  const p = useApps((s) => (s.starting ? undefined : s.playback));
  const starting = useApps((s) => s.starting);
  const film = useApps((s) => s.cache?.film);
  const controls = useApps((s) => playerControls(s).join(" ")).split(" ");
  const winds = useApps((s) => s.target !== undefined); // the time that is wound to is there then
  const t = starting ?? p;
  return (
    <div class="overlay">
      <header>
        {p?.seriesName && Object.keys(p.seriesName).length > 0 && (
          <p class="kicker"><Say text={p.seriesName} /> · {episodeCode(p, lang)}</p>
        )}
        <h1><Say text={t?.name} /></h1>
        <p class="facts">
          {p?.live && <Live p={p} />}
          {p?.rendition && <span class="fact">{rendition(p, lang, film)}</span>}
        </p>
      </header>
      <footer>
        {!winds && <Honest />}
        <Bar p={p} />
        <div class="buttons" role="group" aria-label={w("player.controls")}>
          <Control item="toggle" word={p?.phase === "paused" ? "player.resume" : "player.pause"} glyph={p?.phase === "paused" ? "play" : "pause"} />
          {controls.includes("start") && <Control item="start" word="details.start" />}
          {controls.includes("live") && <Control item="live" word="player.live" />}
          {controls.includes("next") && <Control item="next" word="player.next" />}
          {controls.includes("chapters") && <Control item="chapters" word="player.chapters" />}
          {controls.includes("tracks") && <Control item="tracks" word="player.tracks" />}
          {controls.includes("speed") && <Control item="speed" word="player.speed" fill={{ rate: speed(p?.rate || 1, lang) }} />}
          {controls.includes("info") && <Control item="info" word="player.info" />}
          <Control item="stop" word="player.stop" />
        </div>
      </footer>
    </div>
  );
}

/** The badge of a channel, and how far behind live the picture is. */
function Live(props: { p: Playback }) {
  const { w } = useWords();
  const now = useApps((s) => s.now);
  const { p } = props;
  if (atLive(p, now)) return <span class="badge live">{w("badge.live")}</span>;
  return (
    <>
      <span class="badge live late">{w("badge.live")}</span>
      <span class="fact">{w("player.behind", { time: clock(behind(p, now)) })}</span>
    </>
  );
}

function Control(props: { item: string; word: Word; glyph?: string; fill?: Record<string, string> }) {
  const app = useApp();
  const { w } = useWords();
  return (
    <Item leaf="player/controls" item={props.item} class="button" press={() => app.player.pressed(props.item)}>
      {props.glyph && <i class={`glyph ${props.glyph}`} />}{w(props.word, props.fill)}
    </Item>
  );
}

function Skip() {
  const app = useApp();
  const { w } = useWords();
  return (
    <div class="skip">
      <Item leaf="player/skip" item="skip" class="button" press={() => app.player.pressed("skip")}>{w("player.skip")}</Item>
    </div>
  );
}

function Bar(props: { p: Playback | undefined }) {
  const app = useApp();
  const { lang, w } = useWords();
  const now = useApps((s) => s.now);
  const target = useApps((s) => s.target);
  const { p } = props;
  const bar = extent(p, now);
  const at = p ? positionAt(p, now) : 0;
  const shown = target ?? at;
  const part = (ms: number): number => (bar ? share(bar, ms) : p?.live ? 1 : 0);
  const time = (ms: number): string => (p?.live ? timeOfDay(ms, lang) : clock(ms));
  const aim = target !== undefined && p ? p.chapters?.[chapterAt(p, target)]?.name : undefined;
  const said = target !== undefined ? [w("player.to", { time: time(target) }), aim ? tell(aim, lang).text : ""].filter(Boolean).join(", ")
    : p?.live ? (atLive(p, now) ? w("badge.live") : w("player.behind", { time: clock(behind(p, now)) }))
    : w("player.of", { at: clock(at), total: clock(bar?.to ?? 0) });
  const press = (e: MouseEvent): void => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    if (e.detail === 0 || !bar) app.player.pressed("bar");
    else app.player.winding.to((e.clientX - box.left) / box.width);
  };
  return (
    <div class={`time ${target === undefined ? "" : "winding"}`}>
      <Item leaf="player/bar" item="bar" role="slider" class="bar" label={w("player.bar")} press={press}
        extra={{ "aria-valuemin": Math.round((bar?.from ?? 0) / 1000), "aria-valuemax": Math.round((bar?.to ?? 0) / 1000), "aria-valuenow": Math.round(shown / 1000), "aria-valuetext": said }}>
        <i class="aim" style={{ transform: `scaleX(${part(shown)})` }} />
        <i class="been" style={{ transform: `scaleX(${part(Math.min(at, shown))})` }} />
        {p && bar && !p.live && marks(p).map((at) => <i key={at} class="mark" style={{ transform: `translateX(${part(at) * 100}%)` }}><b /></i>)}
        <i class="thumb" style={{ transform: `translateX(${part(shown) * 100}%)` }}><b>{target !== undefined && <em>{time(target)}</em>}</b></i>
      </Item>
      {target !== undefined && bar && <Preview at={target} share={part(target)} />}
      {p && bar && <Clock p={p} shown={shown} bar={bar} now={now} />}
    </div>
  );
}

/** The times below the bar: of a film what was and what is left, of a channel the hours it keeps. */
function Clock(props: { p: Playback; shown: number; bar: { from: number; to: number }; now: number }) {
  const { lang, w } = useWords();
  const { p, shown, bar, now } = props;
  const left = bar.to - shown;
  const chapter = p.live ? undefined : p.chapters?.[chapterAt(p, shown)];
  const line = p.live ? [timeOfDay(bar.from, lang), timeOfDay(bar.to, lang)]
    : [clock(shown), `${w("player.left", { time: clock(left) })} · ${w("player.ends", { time: timeOfDay(now + left / (p.rate || 1), lang) })}`];
  return (
    <p class="clock" aria-hidden="true">
      <span>{line[0]}</span>
      {chapter && <span class="chapter"><Say text={chapter.name} /></span>}
      <span>{line[1]}</span>
    </p>
  );
}

/** What happened, what it means for the film, and what to press now. */
function Failed(props: { p: Playback }) {
  const app = useApp();
  const { lang, w } = useWords();
  const { p } = props;
  const asked = useApps((s) => summary(s, p.titleId));
  const name = p.name && Object.keys(p.name).length > 0 ? p.name : asked?.name;
  const told = p.problem ? explain(p.problem, lang) : undefined;
  return (
    <div class="panel failed" role="alert">
      <p class="kicker"><Say text={name} /></p>
      <h1>{told ? <Words told={told.text} /> : w("player.failed")}</h1>
      {told && <p class="synopsis"><Words told={told.hint} /></p>}
      <div class="buttons">
        {remedies(app.state).map((item) => (
          <Item key={item} leaf="player/failed" item={item} class="button" press={() => (item === "pair" ? app.accounts.forTitle(p.titleId ?? "") : item === "buy" ? app.sales.choices(p.titleId ?? "") : app.player.pressed(item))}>
            {w(`player.${item}` as Word)}
          </Item>
        ))}
      </div>
      {p.problem && <p class="code">{p.problem.code}</p>}
    </div>
  );
}

function Next() {
  const app = useApp();
  const { lang, w } = useWords();
  const n = useApps((s) => s.nextIn);
  const p = useApps((s) => s.playback);
  return (
    <div class="panel next" role="dialog" aria-label={w("player.next")}>
      <p class="kicker">{w("player.nextIn", { n: n ?? 0 })}</p>
      <h2>{tell(p?.nextName, lang).text}</h2>
      <div class="buttons">
        <Item leaf="player/next" item="now" class="button primary" press={() => app.player.pressed("now")}>{w("player.nextNow")}</Item>
        <Item leaf="player/next" item="stay" class="button" press={() => app.player.pressed("stay")}>{w("player.nextStay")}</Item>
      </div>
    </div>
  );
}
