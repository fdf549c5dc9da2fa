// What the page for phones knows and does: it connects, shows what is on, and
// sends keys and words.

import { Bridge } from "../bridge";
import { chooseLang, type Lang } from "../lang";
import { Store } from "../store";
import type { Playback, Tracks } from "../types";
import { SealedSocket, type Known, type Refusal, type Visit } from "./channel";
import { Pulse } from "./pulse";

export interface State {
  lang: Lang;
  stage: "code" | "connecting" | "remote";
  why?: Refusal | undefined; // the last try failed
  left: number; // tries
  up: boolean;
  downAt: number; // since when it is not, Unix ms by this phone's clock
  playback?: Playback | undefined;
  skew: number; // how far this phone's clock is ahead of the box's, ms
  tracks?: Tracks | undefined;
  choosing: boolean; // sound and subtitles
  now: number; // Unix ms by this phone's clock
}

// In the browser's storage, which is of this address alone: who this phone is, and
// who it was and does not want to be any more, until the box knows.
type Place = "usher-remote" | "usher-remote-left";

function recall(place: Place = "usher-remote"): Known | undefined {
  try {
    const k = JSON.parse(localStorage.getItem(place) ?? "null") as Known | null;
    return k?.id && k.key ? k : undefined;
  } catch {
    return undefined; // storage may be forbidden
  }
}

function keep(known: Known | undefined, place: Place = "usher-remote"): void {
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

const left: Place = "usher-remote-left";

const holdMs = 400; // a key that is held repeats after this long …
const againMs = 110; // … and this often
const lateMs = 2000; // a key that was pressed while the connection came back is still meant
const typeMs = 90; // words are sent when the fingers rest

export class Hand {
  readonly store: Store<State>;
  private bridge: Bridge | undefined;
  private known = recall();
  private leaving = recall(left);
  private held: ReturnType<typeof setTimeout> | undefined;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private missed: { key: string; at: number } | undefined; // pressed while there was no connection
  private pairing = false; // by a code: the box counts tries, so this one is not broken off
  private pulse = new Pulse({
    up: () => this.store.state.up,
    probe: () => this.bridge?.call("playback.get") ?? Promise.resolve(),
    renew: () => {
      if (!this.pairing) this.bridge?.renew();
    },
  });

  constructor(code: string) {
    this.store = new Store<State>({
      lang: chooseLang(navigator.languages), stage: "code", left: 0, up: false, downAt: Date.now(), skew: 0, choosing: false, now: Date.now(),
    });
    setInterval(() => {
      this.store.set({ now: Date.now() });
      if (this.bridge) this.pulse.tick();
    }, 1000);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.pulse.hidden() : this.pulse.woke()));
    for (const again of ["online", "pageshow"]) addEventListener(again, () => this.pulse.woke());
    this.depart();
    if (code) this.connect(code);
    else if (this.known) this.connect();
  }

  /** Connects with the code on the screen, or as the phone that is known. */
  connect(code?: string): void {
    this.bridge?.stop();
    this.store.set({ stage: "connecting", why: undefined, up: false, downAt: Date.now() });
    let asked = code; // until the phone is let in, or is not
    let hoped: Known | undefined; // who it is if it was let in, and the answer was lost
    this.pairing = !!code;
    const bridge: Bridge = new Bridge({
      url: `ws://${location.host}/rpc`, version: "1", name: phoneName(navigator.userAgent), topics: ["playback", "tracks"],
      token: () => Promise.resolve(""),
      open: (url, protocol) => {
        const before = this.known;
        const was = before ?? this.leaving; // whose place it takes
        const known = asked ? hoped : before;
        const visit: Visit = {
          host: location.host, ...(known ? { known } : { code: asked ?? "", ...(was ? { was } : {}) }),
          hoping: (k) => (hoped = k),
          letIn: (k) => {
            asked = hoped = undefined;
            this.letIn(k);
          },
          refused: (why, left) => {
            if (asked && known && why === "unknown") hoped = undefined; // it was not: by the code again
            else if (asked || (why !== "busy" && why !== "closed")) this.refused(bridge, why, left, before); // else the next try may be luckier
          },
        };
        return new SealedSocket(url, protocol, visit) as unknown as WebSocket;
      },
      onTopic: (topic, state, fresh) => this.heard(topic, state, fresh),
      onKey: () => undefined,
      onLink: (up) => this.linked(up),
    });
    this.bridge = bridge;
    bridge.start();
  }

  private linked(up: boolean): void {
    this.pulse.heard();
    if (!up) return this.store.set(this.store.state.up ? { up, downAt: Date.now() } : { up });
    this.store.set({ up, stage: "remote" });
    const { missed } = this;
    this.missed = undefined;
    if (!missed || Date.now() - missed.at > lateMs) return;
    for (const action of ["press", "release"]) this.ask("remote.key", { key: missed.key, action });
  }

  private letIn(known: Known): void {
    this.pairing = false;
    this.known = known;
    keep(known);
  }

  /** known is who the phone was when it asked. */
  private refused(bridge: Bridge, why: Refusal, left: number, known: Known | undefined): void {
    bridge.stop();
    const kept = recall();
    if (why === "unknown" && kept && kept.id !== known?.id) { // let in anew, by another tab of this browser
      this.known = kept;
      return this.connect();
    }
    if (known && (why === "closed" || why === "wrong")) return this.connect(); // an old picture of a code: it is let in anyway
    if (why === "unknown") this.letGo();
    this.rest({ why, left });
  }

  private letGo(): void {
    this.known = undefined;
    keep(undefined);
  }

  /** Back to where a code is typed. */
  private rest(more: Pick<State, "left"> & Partial<State>): void {
    this.bridge = undefined;
    this.pairing = false;
    this.release();
    this.store.set({ stage: "code", why: undefined, up: false, playback: undefined, tracks: undefined, choosing: false, ...more });
  }

  /** This phone is not to be a remote any more. That is so at once; the box takes it off its list as soon as it can be told. */
  forget(): void {
    this.bridge?.stop();
    this.leaving = this.known;
    keep(this.known, left);
    this.letGo();
    this.rest({ left: 0 });
    this.depart();
  }

  /** Tells the box that this phone, as which it was known, is a remote no longer. */
  private depart(): void {
    const known = this.leaving;
    if (!known) return;
    const over = (): void => {
      bridge.stop();
      if (this.leaving?.id !== known.id) return;
      this.leaving = undefined;
      keep(undefined, left);
    };
    const refused = (why: Refusal): void => {
      if (why === "unknown") over(); // it is off the list
    };
    const bridge: Bridge = new Bridge({
      url: `ws://${location.host}/rpc`, version: "1", name: phoneName(navigator.userAgent), topics: [],
      token: () => Promise.resolve(""),
      open: (url, protocol) => new SealedSocket(url, protocol, { host: location.host, known, hoping: () => undefined, letIn: () => undefined, refused }) as unknown as WebSocket,
      onTopic: () => undefined,
      onKey: () => undefined,
      onLink: (up) => up && void bridge.call("phones.leave").then(over, () => undefined), // cut off before the answer: refused says so
    });
    bridge.start();
  }

  private heard(topic: string, state: unknown, fresh: boolean): void {
    this.pulse.heard();
    const now = Date.now();
    if (topic === "tracks") this.store.set({ tracks: state as Tracks });
    if (topic !== "playback") return;
    const playback = state as Playback;
    this.store.set({ playback, now, ...(fresh ? { skew: now - playback.atMs } : {}) });
  }

  /** A call whose failure only means that nothing happens. */
  private ask(method: Parameters<Bridge["call"]>[0], params: object): void {
    if (this.bridge) this.pulse.asked(this.bridge.call(method, params));
  }

  /** A finger on a key: it is held, and repeats, until it is let go. */
  press(key: string): void {
    this.release();
    navigator.vibrate?.(8);
    if (!this.store.state.up) {
      this.missed = { key, at: Date.now() };
      return;
    }
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

/** For how long the box has not answered, ms; 0 while it does. */
export const silence = (s: State): number => (s.up ? 0 : Math.max(0, s.now - s.downAt));

/** Whether something is on. */
export const showing = (s: State): boolean => !!s.playback && !["idle", "ended", "failed"].includes(s.playback.phase);

/** Where the film is now, ms. */
export function position(s: State): number {
  const p = s.playback;
  if (!p) return 0;
  const on = p.phase === "playing" ? Math.max(0, s.now - s.skew - p.atMs) * (p.rate || 1) : 0;
  return Math.min(p.positionMs + on, p.durationMs || Infinity);
}
