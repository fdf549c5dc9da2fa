// The page for phones: a remote, a keyboard, and what is playing.

import { render } from "preact";
import { useRef, useState } from "preact/hooks";
import { tell } from "../lang";
import { useStore } from "../store";
import type { Track } from "../types";
import { Hand, position, type State } from "./hand";
import { say, type Word } from "./words";

/** The code that a QR code brought along: out of the address at once, it is of no use twice. */
function scanned(): string {
  const code = /^#(\d{6})$/.exec(location.hash)?.[1] ?? "";
  if (location.hash) history.replaceState(null, "", "/");
  return code;
}

const hand = new Hand(scanned());

const useHand = <T,>(choose: (s: State) => T): T => useStore(hand.store, choose);

function useWords(): (word: Word, n?: number | string) => string {
  const lang = useHand((s) => s.lang);
  return (word, n) => say(lang, word, n);
}

function Page() {
  const stage = useHand((s) => s.stage);
  const w = useWords();
  document.documentElement.lang = useHand((s) => s.lang);
  document.title = w("title");
  if (stage === "code") return <Code />;
  if (stage === "connecting") return <main class="middle"><i class="spin" aria-hidden="true" /><p role="status">{w("connecting")}</p></main>;
  return <Remote />;
}

/** Before the phone is known: the code on the screen. */
function Code() {
  const w = useWords();
  const why = useHand((s) => s.why);
  const left = useHand((s) => s.left);
  const [code, write] = useState("");
  const go = (e: Event): void => {
    e.preventDefault();
    if (/^\d{6}$/.test(code)) hand.connect(code);
  };
  return (
    <main class="code">
      <h1>{w("connect")}</h1>
      {why && <p class="bad" role="alert">{w(why, left)}</p>}
      <form onSubmit={go}>
        <label for="code">{w("how")}</label>
        <input id="code" aria-label={w("code")} inputMode="numeric" autocomplete="one-time-code" maxLength={6} pattern="[0-9]{6}" value={code}
          onInput={(e) => write(e.currentTarget.value.replace(/\D/g, ""))} />
        <button type="submit" class="wide" disabled={code.length !== 6}>{w("go")}</button>
      </form>
      <p class="soft">{w("where")}</p>
    </main>
  );
}

function Remote() {
  const w = useWords();
  const up = useHand((s) => s.up);
  const choosing = useHand((s) => s.choosing);
  return (
    <main class="remote">
      {!up && <p class="away" role="status">{w("away")}</p>}
      <Now />
      <Search />
      <div class="pad" role="group" aria-label={w("title")}>
        <Key name="up" face={<Icon path="m5 15 7-7 7 7" />} word="up" />
        <Key name="left" face={<Icon path="m15 5-7 7 7 7" />} word="left" />
        <Key name="ok" face="OK" word="ok" />
        <Key name="right" face={<Icon path="m9 5 7 7-7 7" />} word="right" />
        <Key name="down" face={<Icon path="m5 9 7 7 7-7" />} word="down" />
      </div>
      <div class="row">
        <Key name="back" face={<Icon path="M10 5 4 11l6 6M4 11h10a6 6 0 0 1 0 12h-3" />} word="back" />
        <Key name="home" face={<Icon path="M3 12 12 4l9 8M6 10v10h12V10" />} word="home" />
        <Key name="mute" face={<Icon path="M4 9v6h4l5 5V4L8 9zM17 9l5 6M22 9l-5 6" />} word="mute" />
        <Key name="voldown" face="−" word="quieter" />
        <Key name="volup" face="+" word="louder" />
      </div>
      <footer>
        <p class="soft">{w("tip")}</p>
        <button type="button" class="quiet" onClick={() => hand.forget()}>{w("forget")}</button>
      </footer>
      {choosing && <Choices />}
    </main>
  );
}

function Icon(props: { path: string }) {
  return <svg viewBox="0 0 24 24" aria-hidden="true"><path d={props.path} /></svg>;
}

/** A key of the remote: it acts when it is touched, and repeats while it is held. */
function Key(props: { name: string; face: preact.ComponentChildren; word: Word }) {
  const w = useWords();
  const { name } = props;
  const touched = useRef(false);
  return (
    <button type="button" class={`key ${name}`} aria-label={w(props.word)}
      onPointerDown={(e) => {
        touched.current = true;
        e.currentTarget.setPointerCapture(e.pointerId);
        hand.press(name);
      }}
      onPointerUp={() => hand.release()}
      onPointerCancel={() => hand.release()}
      onContextMenu={(e) => e.preventDefault()}
      onClick={() => {
        if (!touched.current) { // a keyboard, or a screen reader
          hand.press(name);
          hand.release();
        }
        touched.current = false;
      }}
    >{props.face}</button>
  );
}

const clock = (ms: number): string => {
  const s = Math.floor(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
};

const off = new Set(["idle", "ended", "failed"]);

/** What is on, how far it is, and the keys for it. */
function Now() {
  const w = useWords();
  const lang = useHand((s) => s.lang);
  const p = useHand((s) => s.playback);
  const at = useHand(position);
  const tracks = useHand((s) => s.tracks);
  const [drag, pull] = useState<number | undefined>();
  if (!p || off.has(p.phase)) return <section class="now"><p class="soft">{w("nothing")}</p></section>;
  const name = tell(p.name, lang);
  const series = p.seriesName && tell(p.seriesName, lang);
  const there = drag ?? at;
  const several = (tracks?.audio?.length ?? 0) > 1 || (tracks?.subtitles?.length ?? 0) > 0;
  return (
    <section class="now">
      <h1><span lang={name.lang}>{name.text}</span></h1>
      <p class="soft">{[series?.text, p.phase === "paused" ? w("paused") : p.live ? w("live") : ""].filter(Boolean).join(" · ")}</p>
      {!p.live && !!p.durationMs && (
        <div class="time">
          <span>{clock(there)}</span>
          <input type="range" aria-label={w("position")} aria-valuetext={clock(there)} min={0} max={p.durationMs} step={1000} value={there}
            onInput={(e) => pull(Number(e.currentTarget.value))}
            onChange={(e) => {
              hand.seekTo(Number(e.currentTarget.value));
              pull(undefined);
            }} />
          <span>{clock(p.durationMs)}</span>
        </div>
      )}
      <div class="row">
        <button type="button" class="key" aria-label={w("rewind")} onClick={() => hand.seek(-10_000)}>−10</button>
        <Key name="playpause" word="toggle" face={p.phase === "paused" ? <Icon path="M7 4v16l13-8z" /> : <Icon path="M8 4v16M16 4v16" />} />
        <button type="button" class="key" aria-label={w("forward")} onClick={() => hand.seek(30_000)}>+30</button>
        {several && (
          <button type="button" class="key" aria-label={w("tracks")} aria-haspopup="dialog" onClick={() => hand.store.set({ choosing: true })}>
            <Icon path="M3 5h18v14H3zM6 12h5M13 12h5M6 16h8" />
          </button>
        )}
      </div>
    </section>
  );
}

/** Words for the search on the screen. */
function Search() {
  const w = useWords();
  return (
    <form class="search" role="search" onSubmit={(e) => {
      e.preventDefault();
      (document.activeElement as HTMLElement | null)?.blur();
    }}>
      <input type="search" aria-label={w("search")} placeholder={w("search")} enterKeyHint="search" autoCapitalize="off" autocomplete="off" maxLength={40}
        onInput={(e) => hand.type(e.currentTarget.value)} />
    </form>
  );
}

/** Sound and subtitles. */
function Choices() {
  const w = useWords();
  const t = useHand((s) => s.tracks);
  return (
    <div class="sheet" role="dialog" aria-label={w("tracks")}>
      <Tracks kind="audio" name={w("sound")} all={t?.audio ?? []} />
      <Tracks kind="subtitles" name={w("subtitles")} all={t?.subtitles ?? []} none={w("off")} />
      <button type="button" class="wide" onClick={() => hand.store.set({ choosing: false })}>{w("close")}</button>
    </div>
  );
}

function Tracks(props: { kind: "audio" | "subtitles"; name: string; all: readonly Track[]; none?: string }) {
  const lang = useHand((s) => s.lang);
  const { kind, name, all, none } = props;
  if (!all.length) return null;
  const chosen = all.find((t) => t.selected)?.id ?? 0;
  const list = [...(none ? [{ id: 0, text: none }] : []), ...all.map((t) => ({ id: t.id, text: trackName(t, lang) }))];
  return (
    <section role="radiogroup" aria-label={name}>
      <h2>{name}</h2>
      {list.map((t) => (
        <button key={t.id} type="button" role="radio" aria-checked={t.id === chosen} class={`wide ${t.id === chosen ? "chosen" : ""}`}
          onClick={() => hand.choose(kind, t.id)}>{t.text}</button>
      ))}
    </section>
  );
}

function trackName(t: Track, lang: string): string {
  let language = "";
  try {
    if (t.language) language = new Intl.DisplayNames([lang], { type: "language" }).of(t.language) ?? "";
  } catch {
    language = t.language ?? ""; // no tag of BCP 47
  }
  return [language, t.title].filter((x, i, all) => x && all.indexOf(x) === i).join(" · ") || String(t.id);
}

render(<Page />, document.getElementById("app") as HTMLElement);
