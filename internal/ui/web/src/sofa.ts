// The remote of the demo's television: what a person on a sofa has in the hand.
// A laptop has no HDMI cable, so the page draws the remote, and its buttons go to
// the television of the demo, which sends them over its cable. Only in a demo.

import type { Host } from "./host";
import { Store } from "./store";
import type { System } from "./types";

export type Button =
  | "power" | "input" | "tuner" | "up" | "down" | "left" | "right" | "ok" | "back" | "home"
  | "play" | "pause" | "stop" | "forward";

/** What the television shows, as far as the box knows. */
export type Scene = "off" | "starting" | "other" | "asleep" | "box";

const named: Record<string, Button> = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", Enter: "ok",
  Escape: "back", Backspace: "back", Home: "home", p: "power", i: "input", t: "tuner", s: "stop", f: "forward",
};

/** The button of a key of the keyboard, while the remote is in the hand. */
export function buttonOf(key: string, playing: boolean): Button | undefined {
  if (key === " ") return playing ? "pause" : "play";
  const name = key.length === 1 ? key.toLowerCase() : key;
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

/** What is on the television's screen. */
export function scene(system: System): Scene {
  const { tv, power } = system;
  if (!tv?.present || tv.power === "standby" || tv.power === "unknown" || tv.power === "going to standby") return "off";
  if (tv.power === "turning on") return "starting";
  if (!tv.active) return "other";
  return power?.state === "standby" || power?.state === "leaving" ? "asleep" : "box";
}

/** Takes the remote into the hand, and presses its buttons. */
export class Sofa {
  readonly hand = new Store({ open: false });
  private down: Button | undefined;

  constructor(private app: Host) {}

  toggle(): void {
    this.release();
    this.hand.set({ open: !this.hand.state.open });
  }

  /** A button goes down; it stays down until release. */
  press(button: Button): void {
    this.release();
    this.down = button;
    void this.app.act("tv.press", { button, action: "press" });
  }

  release(): void {
    if (this.down) void this.app.act("tv.press", { button: this.down, action: "release" });
    this.down = undefined;
  }

  /** Listens before the page does, for as long as it lives. */
  listen(): void {
    const mine = (e: KeyboardEvent): void => {
      if (!this.key(e)) return;
      e.preventDefault();
      e.stopImmediatePropagation();
    };
    window.addEventListener("keydown", mine, { capture: true });
    window.addEventListener("keyup", () => this.release(), { capture: true });
    window.addEventListener("blur", () => this.release());
  }

  /** A key of the keyboard; true when it was for the television. */
  private key(e: KeyboardEvent): boolean {
    if (e.ctrlKey || e.altKey || e.metaKey) return false;
    if (e.key === "F2") {
      if (!e.repeat) this.toggle();
      return true;
    }
    if (!this.hand.state.open || e.key.startsWith("F") && e.key.length > 1 || e.key === "Tab") return false;
    const button = buttonOf(e.key, this.app.state.playback?.phase === "playing");
    if (button && !e.repeat) this.press(button);
    return true; // the keyboard is the remote now, and has no other keys
  }
}
