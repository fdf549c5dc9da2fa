// The client of the local bridge: JSON-RPC 2.0 over one WebSocket that is
// opened again whenever it closes. See docs/protocol.md of the product.

import { api, type Methods } from "./api";
import type { KeyEvent, Problem } from "./types";

/** A method of the daemon; another one does not compile. */
export type Method = keyof Methods;

/** A refused or failed call; problem is what a person is told. */
export class CallError extends Error {
  constructor(readonly code: number, readonly problem: Problem) {
    super(problem.text);
  }
}

export interface Options {
  url: string;
  version: string;
  /** Gives the session token; renew asks the daemon for its present one. */
  token(renew: boolean): Promise<string>;
  /** fresh: the state came with a change just now. */
  onTopic(topic: string, state: unknown, fresh: boolean): void;
  onKey(event: KeyEvent): void;
  onLink(up: boolean): void;
  /** What is followed; all there is when absent. */
  topics?: readonly string[];
  /** How the client calls itself; the ten-foot page when absent. */
  name?: string;
  /** Stands in for WebSocket, in tests and where messages are sealed. */
  open?(url: string, protocol: string): WebSocket;
}

interface Mark {
  epoch: string | number;
  seq: number;
}

interface Pending {
  resolve(result: unknown): void;
  reject(err: CallError): void;
  timer: ReturnType<typeof setTimeout>;
}

interface Frame extends Mark {
  topic: string;
  state?: unknown;
  /** Members to set, null for those to take away, of the state of after or a newer one. */
  after?: number;
  patch?: Record<string, unknown>;
  event?: KeyEvent;
}

const stateTopics = ["playback", "system", "progress", "tracks", "household", "pairing", "purchase", "settings", "phones", "network"];
const passing = ["keys", "typing"]; // what was before a snapshot is of no interest
const callTimeoutMs = 10_000;
const backoffMs = [100, 200, 400, 800, 1200, 1500]; // the box is this machine: asking often costs nothing

const away: Problem = {
  code: "bridge_away",
  text: "The box does not answer.",
  hint: "Wait a moment; it is looked for all the time.",
};

export class Bridge {
  private socket: WebSocket | undefined;
  private pending = new Map<number, Pending>();
  private marks = new Map<string, Mark>();
  private maps = new Map<string, Record<string, unknown>>(); // the states that patches change
  private lastId = 0;
  private tries = 0;
  private up = false;
  private over = false;
  private attempt = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined; // for the next try

  constructor(private options: Options) {}

  /** Connects, and keeps connecting for as long as the page lives. */
  start(): void {
    void this.connect(false);
  }

  /** Connects no more. */
  stop(): void {
    this.over = true;
    this.socket?.close();
  }

  /** Gives up a connection that is silent, or the wait for the next try, and opens another at once. */
  renew(): void {
    if (this.over) return;
    const { socket } = this;
    if (socket) {
      this.closed(socket);
      socket.close(); // what it still says is of no interest
    }
    clearTimeout(this.waiting);
    this.tries = 0;
    void this.connect(true);
  }

  /** One call. Rejects with a CallError. */
  call<T>(method: Method, params: object = {}): Promise<T> {
    const { socket } = this;
    if (!socket || socket.readyState !== 1) return Promise.reject(new CallError(0, away));
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => this.fail(id, 6, away), callTimeoutMs);
      this.pending.set(id, { resolve: resolve as (r: unknown) => void, reject, timer });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  private async connect(renew: boolean): Promise<void> {
    const attempt = ++this.attempt;
    let token: string;
    try {
      token = await this.options.token(renew);
    } catch {
      if (attempt === this.attempt) this.later();
      return;
    }
    if (this.over || attempt !== this.attempt) return; // another one is on its way
    const open = this.options.open ?? ((url, protocol) => new WebSocket(url, protocol));
    const socket = open(this.options.url, "usher.v1");
    this.socket = socket;
    socket.onmessage = (e) => this.receive(String(e.data));
    socket.onclose = () => this.closed(socket);
    socket.onopen = () => {
      this.greet(token).catch(() => socket.close());
    };
  }

  private async greet(token: string): Promise<void> {
    await this.call("session.hello", { token, api, client: { name: this.options.name ?? "usher-page", version: this.options.version } });
    await this.catchUp();
    this.tries = 0;
    this.up = true;
    this.options.onLink(true);
  }

  /** Subscribes, and learns what was missed: by resume where a mark is known. */
  private async catchUp(): Promise<void> {
    const all = this.options.topics ?? [...stateTopics, ...passing];
    const known = all.filter((t) => this.marks.has(t) && !passing.includes(t));
    const fresh = all.filter((t) => !known.includes(t));
    await Promise.all([...(fresh.length ? [this.subscribe(fresh)] : []), ...known.map((t) => this.resume(t))]);
  }

  private async subscribe(topics: string[]): Promise<void> {
    const got = await this.call<{ topics: Record<string, Mark & { state: unknown }> }>("topic.subscribe", { topics });
    for (const [topic, s] of Object.entries(got.topics)) this.snapshot(topic, s);
  }

  private async resume(topic: string): Promise<void> {
    const mark = this.marks.get(topic) as Mark;
    try {
      const params = { topic, epoch: mark.epoch, seq: mark.seq };
      const got = await this.call<{ replayed?: Frame[]; snapshot?: Mark & { state: unknown } }>("topic.resume", params);
      if (got.snapshot) this.snapshot(topic, got.snapshot);
      for (const f of got.replayed ?? []) this.event({ ...f, topic });
    } catch {
      await this.subscribe([topic]);
    }
  }

  private receive(data: string): void {
    const m = JSON.parse(data) as {
      id?: number; method?: string; params?: Frame; result?: unknown;
      error?: { code: number; message: string; data?: { key?: string; code?: string; text?: string; hint?: string; retryAfterMs?: number } };
    };
    if (m.method === "topic.event" && m.params) return this.event(m.params);
    if (typeof m.id !== "number") return;
    if (m.error) {
      const { code, message, data: d } = m.error;
      const wait = d?.retryAfterMs ? { retryAfterMs: d.retryAfterMs } : {};
      return this.fail(m.id, code, { code: d?.code ?? d?.key ?? "error", text: d?.text ?? message, hint: d?.hint ?? "", ...wait });
    }
    const p = this.take(m.id);
    p?.resolve(m.result);
  }

  private snapshot(topic: string, s: Mark & { state: unknown }): void {
    this.marks.set(topic, { epoch: s.epoch, seq: s.seq });
    if (!passing.includes(topic)) this.show(topic, s.state, false);
  }

  private show(topic: string, state: unknown, fresh: boolean): void {
    if (state && typeof state === "object") this.maps.set(topic, state as Record<string, unknown>);
    this.options.onTopic(topic, state, fresh);
  }

  private patch(f: Frame, changes: Record<string, unknown>): void {
    const next = { ...this.maps.get(f.topic) };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete next[name];
      else next[name] = value;
    }
    this.show(f.topic, next, true);
  }

  private event(f: Frame): void {
    const mark = this.marks.get(f.topic);
    if (mark && mark.epoch === f.epoch && f.seq <= mark.seq) return; // older than what is shown
    if (f.patch && (mark?.epoch !== f.epoch || mark.seq < (f.after ?? 0))) {
      void this.resume(f.topic); // of a state that was not seen
      return;
    }
    this.marks.set(f.topic, { epoch: f.epoch, seq: f.seq });
    if (f.event) this.options.onKey(f.event);
    else if (f.patch) this.patch(f, f.patch);
    else this.show(f.topic, f.state, true);
  }

  private take(id: number): Pending | undefined {
    const p = this.pending.get(id);
    if (p) clearTimeout(p.timer);
    this.pending.delete(id);
    return p;
  }

  private fail(id: number, code: number, problem: Problem): void {
    this.take(id)?.reject(new CallError(code, problem));
  }

  private closed(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    for (const id of [...this.pending.keys()]) this.fail(id, 0, away);
    if (this.up) this.options.onLink(false);
    else if (this.tries > 0) this.options.onLink(false); // not at the very first try: a blip is no news
    this.up = false;
    this.later();
  }

  private later(): void {
    if (this.over) return;
    const wait = backoffMs[Math.min(this.tries, backoffMs.length - 1)] as number;
    this.tries++;
    this.waiting = setTimeout(() => void this.connect(true), wait * (0.75 + Math.random() / 2));
  }
}
