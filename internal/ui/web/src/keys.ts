// Keys: from what a keyboard or a remote sends to the names of device/remote,
// and a gate that drops repeats instead of queueing them.

export type Command =
  | "up" | "down" | "left" | "right" | "ok" | "back" | "home" | "menu"
  | "play" | "pause" | "playpause" | "stop" | "rewind" | "forward" | "next" | "previous"
  | "volup" | "voldown" | "mute";

// KeyboardEvent.key of UI Events, with the names that TV browsers use.
const named: Record<string, Command> = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
  Enter: "ok", Select: "ok", Accept: "ok",
  Escape: "back", Backspace: "back", BrowserBack: "back", GoBack: "back", XF86Back: "back",
  Home: "home", BrowserHome: "home", GoHome: "home", ContextMenu: "menu",
  MediaPlay: "play", MediaPause: "pause", MediaPlayPause: "playpause", MediaStop: "stop",
  MediaRewind: "rewind", MediaFastForward: "forward",
  MediaTrackNext: "next", MediaTrackPrevious: "previous",
  AudioVolumeUp: "volup", AudioVolumeDown: "voldown", AudioVolumeMute: "mute",
};

const commands = new Set<string>(Object.values(named));

/** The command of a keyboard key, or undefined. */
export function fromKeyboard(key: string): Command | undefined {
  return Object.hasOwn(named, key) ? named[key] : undefined;
}

/** The command of a key of topic "keys", or undefined. */
export function fromRemote(key: string): Command | undefined {
  return commands.has(key) ? (key as Command) : undefined;
}

const repeating = new Set<Command>(["up", "down", "left", "right", "rewind", "forward", "volup", "voldown"]);

// A held key moves ten times a second at first and 25 times after 1.5 s.
const slowest = 100;
const fastest = 40;
const rampMs = 1500;

/** Decides which key events become moves. Times are in milliseconds. */
export class Gate {
  private held: Command | undefined;
  private since = 0;
  private last = -Infinity;

  /** How long the present key has been held at time now. */
  heldFor(now: number): number {
    return this.held === undefined ? 0 : now - this.since;
  }

  /** True when the event is to be acted on; a repeat that comes too early is dropped. */
  admit(command: Command, repeat: boolean, now: number): boolean {
    if (!repeat || command !== this.held) {
      this.held = command;
      this.since = now;
      this.last = now;
      return !repeat || repeating.has(command);
    }
    if (!repeating.has(command)) return false;
    const every = slowest - (slowest - fastest) * Math.min(1, (now - this.since) / rampMs);
    if (now - this.last < every) return false;
    this.last = now;
    return true;
  }

  release(): void {
    this.held = undefined;
  }
}
