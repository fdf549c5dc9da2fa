// The demo's television and its remote, drawn beside the page.

import { render, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Host } from "./host";
import { scene, Sofa, type Button } from "./sofa";
import type { State } from "./state";
import { useStore } from "./store";
import { say, tell, type Word } from "./text";

let page: Host;
let sofa: Sofa;

export function begin(app: Host): void {
  page = app;
  sofa = new Sofa(app);
  sofa.listen();
  const place = document.createElement("div");
  document.body.append(place);
  render(<SofaCorner />, place);
}

function useApps<T>(choose: (s: State) => T): T {
  return useStore(page.store, choose);
}

function useWord(): (name: string) => string {
  const lang = useApps((s) => s.lang);
  return (name) => say(lang, `sofa.${name}` as Word);
}

/** A way to take the remote into the hand, and the remote. */
function SofaCorner() {
  const lang = useApps((s) => s.lang);
  const open = useStore(sofa.hand, (s) => s.open);
  return <div lang={lang}>{open ? <Open /> : <Handle />}</div>;
}

const handleMs = 4000;

/** Who moves a mouse sits before a laptop, and may not know that there is a television. */
function Handle() {
  const w = useWord();
  const [seen, see] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = (): void => {
      see(true);
      clearTimeout(timer);
      timer = setTimeout(() => see(false), handleMs);
    };
    window.addEventListener("pointermove", moved);
    return () => {
      window.removeEventListener("pointermove", moved);
      clearTimeout(timer);
    };
  }, []);
  return (
    <button type="button" class={`sofa-handle ${seen ? "shown" : ""}`} tabIndex={-1} onPointerDown={keepFocus} onClick={() => sofa.toggle()}>
      {w("open")} <kbd>F2</kbd>
    </button>
  );
}

/** The focus stays on the page: this is the other side of the cable. */
function keepFocus(e: Event): void {
  e.preventDefault();
}

function Open() {
  const w = useWord();
  const shows = useApps((s) => (s.system ? scene(s.system) : "off"));
  useEffect(() => () => sofa.release(), []);
  return (
    <>
      {shows !== "box" && shows !== "asleep" && <div class={`sofa-veil ${shows}`}><p>{w(shows)}</p></div>}
      <aside class="sofa" aria-label={w("open")} onPointerDown={keepFocus}>
        <button type="button" class="close" tabIndex={-1} aria-label={w("close")} onClick={() => sofa.toggle()}><Sign d="M6 6l12 12M18 6L6 18" /></button>
        <div class={`set ${shows}`}><div class="glass"><Glass /></div><i class="lamp" /></div>
        <p class="says" role="status">{w(shows)}</p>
        <Remote />
        <p class="keys">{w("keys")}</p>
      </aside>
    </>
  );
}

/** The picture on the little screen. */
function Glass() {
  const lang = useApps((s) => s.lang);
  const shows = useApps((s) => (s.system ? scene(s.system) : "off"));
  const playing = useApps((s) => (s.playback && s.playback.phase !== "idle" ? s.playback : undefined));
  if (shows === "asleep") return <i class="sleeps" />;
  if (shows !== "box") return null;
  if (!playing) return <span class="wordmark"><span>Usher</span><i /></span>;
  return (
    <>
      {playing.backdrop && <img src={playing.backdrop} alt="" draggable={false} />}
      <span class={`film ${playing.phase}`}>{tell(playing.name, lang).text}</span>
    </>
  );
}

function Remote() {
  const w = useWord();
  return (
    <div class="remote" role="group" aria-label={w("open")}>
      <Key button="power"><Sign d="M12 3v9M7 6.5a7.5 7.5 0 1 0 10 0" /></Key>
      <div class="bank"><Key button="input">Usher</Key><Key button="tuner">TV</Key></div>
      <div class="pad">
        <Key button="up"><Sign d="M6 15l6-6 6 6" /></Key>
        <Key button="left"><Sign d="M15 6l-6 6 6 6" /></Key>
        <Key button="ok">OK</Key>
        <Key button="right"><Sign d="M9 6l6 6-6 6" /></Key>
        <Key button="down"><Sign d="M6 9l6 6 6-6" /></Key>
      </div>
      <div class="bank">
        <Key button="back"><Sign d="M9 5l-5 5 5 5M4 10h10a5 5 0 0 1 0 10h-3" /></Key>
        <Key button="home"><Sign d="M4 11l8-7 8 7M6.5 9.5V20h11V9.5" /></Key>
      </div>
      <div class="bank">
        <Key button="play"><Sign d="M8 5l11 7-11 7z" full /></Key>
        <Key button="pause"><Sign d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z" full /></Key>
        <Key button="stop"><Sign d="M6 6h12v12H6z" full /></Key>
        <Key button="forward"><Sign d="M4 6l8 6-8 6zM12 6l8 6-8 6z" full /></Key>
      </div>
    </div>
  );
}

/** One button: down while the finger is on it, as on plastic. */
function Key(props: { button: Button; children: ComponentChildren }) {
  const w = useWord();
  const { button } = props;
  const down = (e: PointerEvent): void => {
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    sofa.press(button);
  };
  const up = (): void => sofa.release();
  const spoken = (e: MouseEvent): void => { // a screen reader clicks without a finger
    if (e.detail !== 0) return;
    sofa.press(button);
    sofa.release();
  };
  return (
    <button type="button" class={`key k-${button}`} tabIndex={-1} aria-label={w(button)} title={w(button)}
      onPointerDown={down} onPointerUp={up} onPointerCancel={up} onClick={spoken}>
      {props.children}
    </button>
  );
}

function Sign(props: { d: string; full?: boolean }) {
  return <svg viewBox="0 0 24 24" aria-hidden="true" class={props.full ? "full" : ""}><path d={props.d} /></svg>;
}
