// The page for phones: a remote, a keyboard, and what is playing.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../lang";
import { useStore } from "../store";
import type { Track } from "../types";
import { Hand, position, showing, silence, type State } from "./hand";
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
  return stage === "connecting" ? <Waiting /> : <Remote />;
}

function Waiting() {
  const w = useWords();
  const long = useHand((s) => silence(s) > slowMs);
  return (
    <main class="middle">
      <i class="spin" aria-hidden="true" />
      <p role="status">{w("connecting")}</p>
      {long && <p class="soft">{w("lost")}</p>}
    </main>
  );
}

const blinkMs = 1000; // a connection that comes back within this is nothing to speak of
const slowMs = 15_000; // after this the box may be somewhere else

/** What there is to say about a box that does not answer. */
function Away() {
  const w = useWords();
  const away = useHand((s) => silence(s) > blinkMs);
  const long = useHand((s) => silence(s) > slowMs);
  return <p class="away" role="status" hidden={!away}>{away && w("away")}{long && ` ${w("lost")}`}</p>;
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
        <input id="code" aria-label={w("code")} autoFocus={why === "wrong"} inputMode="numeric" autocomplete="one-time-code" maxLength={6} pattern="[0-9]{6}" value={code}
          onInput={(e) => write(e.currentTarget.value.replace(/\D/g, ""))} />
        <button type="submit" class="wide" disabled={code.length !== 6}>{w("go")}</button>
      </form>
      <p class="soft">{w("where")}</p>
    </main>
  );
}

function Remote() {
  const w = useWords();
  const choosing = useHand((s) => s.choosing);
  const on = useHand(showing);
  return (
    <main class="remote">
      <Away />
      <div class="what" inert={choosing}>
        <h1 class="unseen">{w("title")}</h1>
        {on ? <Now /> : <Search />}
      </div>
      <div class="keys" inert={choosing}>
        <div class="pad" role="group" aria-label={w("title")}>
          <Key name="up" face={<Icon path="m5 15 7-7 7 7" />} word="up" />
          <Key name="left" face={<Icon path="m15 5-7 7 7 7" />} word="left" />
          <Key name="ok" face={w("ok")} word="ok" />
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
      </div>
      <Foot inert={choosing} />
      {choosing && <Choices />}
    </main>
  );
}

/** Disconnecting takes two touches: a code would have to be fetched at the television. */
function Foot(props: { inert: boolean }) {
  const w = useWords();
  const [sure, ask] = useState(false);
  const installed = matchMedia("(display-mode: standalone)").matches;
  return (
    <footer inert={props.inert}>
      {!installed && <p class="soft">{w("tip")}</p>}
      <button type="button" class="quiet" onClick={() => (sure ? hand.forget() : ask(true))} onBlur={() => ask(false)}>{w(sure ? "sure" : "forget")}</button>
    </footer>
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

/** What is on, how far it is, and the keys for it. */
function Now() {
  const w = useWords();
  const lang = useHand((s) => s.lang);
  const p = useHand((s) => s.playback);
  const at = useHand(position);
  const tracks = useHand((s) => s.tracks);
  const [drag, pull] = useState<number | undefined>();
  if (!p) return null;
  const name = tell(p.name, lang);
  const series = p.seriesName && tell(p.seriesName, lang);
  const there = drag ?? at;
  const several = (tracks?.audio?.length ?? 0) > 1 || (tracks?.subtitles?.length ?? 0) > 0;
  return (
    <section class="now">
      <h2><span lang={name.lang}>{name.text}</span></h2>
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
      <label for="words">{w("search")}</label>
      <input id="words" type="search" enterKeyHint="search" autoCapitalize="off" autocomplete="off" maxLength={40}
        onInput={(e) => hand.type(e.currentTarget.value)} />
    </form>
  );
}

/** Sound and subtitles. The dialog has the focus while it is open, and gives it back. */
function Choices() {
  const w = useWords();
  const t = useHand((s) => s.tracks);
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    sheet.current?.focus();
    return () => before?.focus();
  }, []);
  const close = (): void => hand.store.set({ choosing: false });
  return (
    <div class="shade" onClick={(e) => e.target === e.currentTarget && close()} onKeyDown={(e) => e.key === "Escape" && close()}>
      <div class="sheet" role="dialog" aria-modal="true" aria-label={w("tracks")} tabIndex={-1} ref={sheet}>
        <Tracks kind="audio" name={w("sound")} all={t?.audio ?? []} />
        <Tracks kind="subtitles" name={w("subtitles")} all={t?.subtitles ?? []} none={w("off")} />
        <button type="button" class="wide done" onClick={close}>{w("close")}</button>
      </div>
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

/** A language in the reader's words, and what the film's makers call the track if they say more. */
function trackName(t: Track, lang: string): string {
  const [here, itself] = [lang, t.language ?? ""].map((reader) => {
    try {
      return new Intl.DisplayNames([reader], { type: "language" }).of(t.language ?? "") ?? "";
    } catch {
      return t.language ?? ""; // no tag of BCP 47
    }
  });
  const more = t.title !== itself && t.title !== here ? t.title : "";
  return [here, more].filter(Boolean).join(" · ") || String(t.id);
}

render(<Page />, document.getElementById("app") as HTMLElement);
