// What the page for phones knows and does: it connects, shows what is on, and
// sends keys and words.

import { Bridge } from "../bridge";
import { chooseLang, type Lang } from "../lang";
import { Store } from "../store";
import type { Playback, Tracks } from "../types";
import { SealedSocket, type Known, type Refusal } from "./channel";

export interface State {
  lang: Lang;
  stage: "code" | "connecting" | "remote";
  why?: Refusal | undefined; // the last try failed
  left: number; // tries
  up: boolean;
  playback?: Playback | undefined;
  skew: number; // how far this phone's clock is ahead of the box's, ms
  tracks?: Tracks | undefined;
  choosing: boolean; // sound and subtitles
  now: number; // Unix ms by this phone's clock
}

const place = "usher-remote"; // in the browser's storage, which is of this address alone

function recall(): Known | undefined {
  try {
    const k = JSON.parse(localStorage.getItem(place) ?? "null") as Known | null;
    return k?.id && k.key ? k : undefined;
  } catch {
    return undefined; // storage may be forbidden
  }
}

function keep(known: Known | undefined): void {
  try {
    if (known) localStorage.setItem(place, JSON.stringify(known));
    else localStorage.removeItem(place);
  } catch {
    // then the phone is known until the page is closed
  }
}

/** What a person calls this phone, as far as the browser says. */
export function phoneName(agent: string): string {
  const android = /Android [^;)]*; ([^;)]+?)(?: Build|[;)])/.exec(agent)?.[1];
  if (android && android !== "K") return android;
  return ["iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"].find((x) => agent.includes(x)) ?? "";
}

const holdMs = 400; // a key that is held repeats after this long …
const againMs = 110; // … and this often
const silentMs = 1500; // a phone that was put away finds a dead connection: it asks once, and waits no longer
const typeMs = 90; // words are sent when the fingers rest

export class Hand {
  readonly store: Store<State>;
  private bridge: Bridge | undefined;
  private known = recall();
  private held: ReturnType<typeof setTimeout> | undefined;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(code: string) {
    this.store = new Store<State>({
      lang: chooseLang(navigator.languages), stage: "code", left: 0, up: false, skew: 0, choosing: false, now: Date.now(),
    });
    setInterval(() => this.store.set({ now: Date.now() }), 1000);
    document.addEventListener("visibilitychange", () => this.taken());
    if (code) this.connect(code);
    else if (this.known) this.connect();
  }

  /** Connects with the code on the screen, or as the phone that is known. */
  connect(code?: string): void {
    this.bridge?.stop();
    this.store.set({ stage: "connecting", why: undefined });
    let asked = code; // until the phone is let in, or is not
    const bridge: Bridge = new Bridge({
      url: `ws://${location.host}/rpc`, version: "1", name: phoneName(navigator.userAgent), topics: ["playback", "tracks"],
      token: () => Promise.resolve(""),
      open: (url, protocol) => {
        const known = asked ? undefined : this.known;
        const visit = {
          host: location.host, ...(asked ? { code: asked } : {}), ...(known ? { known } : {}),
          letIn: (k: Known) => {
            asked = undefined;
            this.letIn(k);
          },
          refused: (why: Refusal, left: number) => {
            if (!known || (why !== "busy" && why !== "closed")) this.refused(bridge, why, left); // else the next try may be luckier
          },
        };
        return new SealedSocket(url, protocol, visit) as unknown as WebSocket;
      },
      onTopic: (topic, state, fresh) => this.heard(topic, state, fresh),
      onKey: () => undefined,
      onLink: (up) => this.store.set(up ? { up, stage: "remote" } : { up }),
    });
    this.bridge = bridge;
    bridge.start();
  }

  private letIn(known: Known): void {
    this.known = known;
    keep(known);
  }

  private refused(bridge: Bridge, why: Refusal, left: number): void {
    bridge.stop();
    if (why === "unknown") this.letGo();
    this.store.set({ stage: "code", why, left, up: false, playback: undefined, tracks: undefined, choosing: false });
  }

  private letGo(): void {
    this.known = undefined;
    keep(undefined);
  }

  /** This phone is not to be a remote any more; the box keeps its name until it is removed there. */
  forget(): void {
    this.bridge?.stop();
    this.letGo();
    this.store.set({ stage: "code", why: undefined, up: false, playback: undefined, tracks: undefined, choosing: false });
  }

  private heard(topic: string, state: unknown, fresh: boolean): void {
    const now = Date.now();
    if (topic === "tracks") this.store.set({ tracks: state as Tracks });
    if (topic !== "playback") return;
    const playback = state as Playback;
    this.store.set({ playback, now, ...(fresh ? { skew: now - playback.atMs } : {}) });
  }

  /** The phone was taken out again: is the box still there? */
  private taken(): void {
    const { bridge } = this;
    if (document.hidden || !bridge) return;
    const timer = setTimeout(() => bridge.renew(), silentMs);
    const done = (): void => clearTimeout(timer);
    bridge.call("playback.get").then(done, done);
  }

  /** A call whose failure only means that nothing happens. */
  private ask(method: Parameters<Bridge["call"]>[0], params: object): void {
    this.bridge?.call(method, params).catch(() => undefined);
  }

  /** A finger on a key: it is held, and repeats, until it is let go. */
  press(key: string): void {
    this.release();
    navigator.vibrate?.(8);
    this.ask("remote.key", { key, action: "press" });
    const again = (): void => {
      this.ask("remote.key", { key, action: "repeat" });
      this.held = setTimeout(again, againMs);
    };
    this.held = setTimeout(again, holdMs);
    this.letUp = () => this.ask("remote.key", { key, action: "release" });
  }

  private letUp: (() => void) | undefined;

  release(): void {
    clearTimeout(this.held);
    this.letUp?.();
    this.letUp = undefined;
  }

  seek(by: number): void {
    this.ask("player.seek", { byMs: by });
  }

  seekTo(ms: number): void {
    this.ask("player.seek", { toMs: Math.round(ms) });
  }

  choose(kind: "audio" | "subtitles", id: number): void {
    this.ask("player.choose", { kind, id });
  }

  /** What is in the field now; the screen shows it when the fingers rest. */
  type(text: string): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask("remote.text", { text: [...text].slice(0, 40).join("") }), typeMs);
  }
}

/** Where the film is now, ms. */
export function position(s: State): number {
  const p = s.playback;
  if (!p) return 0;
  const on = p.phase === "playing" ? Math.max(0, s.now - s.skew - p.atMs) * (p.rate || 1) : 0;
  return Math.min(p.positionMs + on, p.durationMs || Infinity);
}
