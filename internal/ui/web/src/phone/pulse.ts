// Whether the box is still there, when nobody tells: the phone slept in a pocket,
// or its Wi-Fi was gone for a while. A browser finds that out in minutes.

/** The connection that is looked after. */
export interface Line {
  up(): boolean;
  /** Asks for something small. */
  probe(): Promise<unknown>;
  /** Gives the connection up, and opens another at once. */
  renew(): void;
}

const silentMs = 1500; // a box in the same house answers sooner
const busyMs = 4000; // also one that has much to do
const quietMs = 10_000; // after this long without a word it is asked
const sleptMs = 20_000; // after this long nobody is asked: a new connection is there sooner
const gapMs = 5000; // a clock that ticks every second and leaves out this much stood still

export class Pulse {
  private heardAt: number;
  private tickAt: number;
  private hiddenAt: number | undefined;

  constructor(private line: Line, private now: () => number = () => Date.now()) {
    this.heardAt = this.tickAt = now();
  }

  /** Something came from the box. */
  heard(): void {
    this.heardAt = this.now();
  }

  /** A call is on its way: without an answer the connection is no good. */
  asked(answer: Promise<unknown>, patience = busyMs): void {
    const timer = setTimeout(() => this.line.renew(), patience);
    const done = (): void => {
      clearTimeout(timer);
      this.heard();
    };
    answer.then(done, done);
  }

  /** Once a second, as well as the browser can. */
  tick(): void {
    const now = this.now();
    const stood = now - this.tickAt > gapMs;
    this.tickAt = now;
    if (this.hiddenAt !== undefined) return; // it is slowed down, and nobody looks
    if (stood) this.line.renew();
    else if (this.line.up() && now - this.heardAt > quietMs) this.ask(busyMs);
  }

  /** The phone was put away. */
  hidden(): void {
    this.hiddenAt ??= this.now();
  }

  /** The phone was taken out again, or has a network again. */
  woke(): void {
    const now = this.now();
    const away = now - (this.hiddenAt ?? this.tickAt);
    this.hiddenAt = undefined;
    this.tickAt = now;
    if (away > sleptMs || !this.line.up()) this.line.renew();
    else this.ask(silentMs);
  }

  private ask(patience: number): void {
    this.heard(); // one question at a time
    this.asked(this.line.probe(), patience);
  }
}
