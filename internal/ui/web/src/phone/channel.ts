// The sealed channel to the box. It looks like a WebSocket to the bridge's
// client, and is open when both sides have shown that they know the same secret.
// What stands here is the other half of internal/phone of the daemon.

import { decode64, encode64, hexOf, join, textOf, utf8, type Bytes } from "./bytes";
import { open, seal } from "./chacha";
import { hkdf } from "./sha256";
import { derive, Run, type Keys } from "./spake2";

/** A phone that was let in: its name in the clear, and its key. */
export interface Known {
  id: string;
  key: string; // base64url
}

/** Why there is no channel. */
export type Refusal = "closed" | "wrong" | "unknown" | "busy" | "garbage" | "impostor";

/** With what the phone comes, and whom it tells. */
export interface Visit {
  host: string;
  code?: string; // the one on the screen: the phone is new
  known?: Known;
  was?: Known; // with a code: who the phone was until now; it takes the place of that one
  hoping(known: Known): void; // a new phone is known as this if the box lets it in
  letIn(known: Known): void; // it did
  refused(why: Refusal, left: number): void;
}

const removed = 4410; // close code: this phone was removed
const agreeMs = 5000; // an attempt that is not through by then was sent into a dead network

/** Shows, in this run only, that the phone has the key that it had until now. */
export const proof = (was: Known, session: Bytes): { was: string; proof: string } => ({
  was: was.id, proof: encode64(hkdf(join(decode64(was.key), session), utf8("usher phone 1 again"), 16)),
});

interface Message {
  share?: string;
  confirm?: string;
  error?: Refusal;
  left?: number;
}

/** One direction: each frame has the next number as its nonce. */
class Pipe {
  private key: Bytes;
  private next = 0;

  constructor(session: Bytes, info: string) {
    this.key = hkdf(session, utf8(info), 32);
  }

  private nonce(): Bytes {
    const n = new Uint8Array(12);
    const view = new DataView(n.buffer);
    view.setUint32(0, this.next >>> 0, true);
    view.setUint32(4, Math.floor(this.next / 2 ** 32), true);
    this.next++;
    return n;
  }

  seal(text: string): Bytes {
    return seal(this.key, this.nonce(), utf8(text));
  }

  open(frame: Bytes): string | undefined {
    const text = open(this.key, this.nonce(), frame);
    return text && textOf(text);
  }
}

/** What both sides derive for a new phone. */
export const newPhone = (session: Bytes): Known => ({
  id: hexOf(hkdf(session, utf8("usher phone 1 id"), 8)),
  key: encode64(hkdf(session, utf8("usher phone 1 key"), 32)),
});

/** The pipes of a session, for the phone: to the box, and from it. */
export const pipes = (session: Bytes): { out: Pipe; in: Pipe } => ({
  out: new Pipe(session, "usher phone 1 to box"), in: new Pipe(session, "usher phone 1 to phone"),
});

/** The phone's side of a run. */
export function begin(visit: Visit, scalar?: bigint): Run {
  const secret = visit.known ? derive(decode64(visit.known.key), "usher phone 1 reconnect") : derive(utf8(visit.code ?? ""), "usher phone 1 code");
  return new Run(secret, visit.known ? `usher phone ${visit.known.id}` : "usher phone", `usher box at ${visit.host}`, scalar);
}

export class SealedSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  private socket: WebSocket;
  private run: Run;
  private keys: Keys | undefined;
  private pipes: ReturnType<typeof pipes> | undefined;
  private late: ReturnType<typeof setTimeout>;

  constructor(url: string, protocol: string, private visit: Visit) {
    this.run = begin(visit);
    this.socket = new WebSocket(url, protocol);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.say({ ...(visit.known ? { phone: visit.known.id } : {}), share: encode64(this.run.share) });
    this.socket.onmessage = (e) => this.receive(e.data);
    this.socket.onclose = (e) => this.ended(e.code);
    this.late = setTimeout(() => {
      this.socket.close();
      this.ended(0); // the browser may take minutes to find out
    }, agreeMs);
  }

  private ended(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    clearTimeout(this.late);
    if (code === removed) this.visit.refused("unknown", 0); // without phones the box may not listen any more, to be asked
    this.onclose?.();
  }

  send(text: string): void {
    if (this.pipes) this.socket.send(this.pipes.out.seal(text) as Uint8Array<ArrayBuffer>);
  }

  close(): void {
    this.socket.close();
  }

  private say(m: object): void {
    this.socket.send(JSON.stringify(m));
  }

  private receive(data: string | ArrayBuffer): void {
    try {
      if (typeof data !== "string") this.frame(new Uint8Array(data));
      else if (this.pipes) this.fail("impostor");
      else this.agree(JSON.parse(data) as Message);
    } catch {
      this.fail("impostor"); // the box sends nothing that cannot be read
    }
  }

  /** A message of the run. The phone confirms first: the box counts the try. */
  private agree(m: Message): void {
    if (m.error) return this.fail(m.error, m.left ?? 0);
    if (!this.keys) {
      this.keys = this.run.finish(decode64(m.share ?? ""));
      if (!this.keys) return this.fail("impostor");
      const { was } = this.visit;
      if (!this.visit.known) this.visit.hoping(newPhone(this.keys.session));
      return this.say({ confirm: encode64(this.keys.confirm), ...(was ? proof(was, this.keys.session) : {}) });
    }
    if (!this.keys.confirms(decode64(m.confirm ?? ""))) return this.fail("impostor");
    this.pipes = pipes(this.keys.session);
    this.visit.letIn(this.visit.known ?? newPhone(this.keys.session));
    clearTimeout(this.late);
    this.readyState = 1;
    this.onopen?.();
  }

  private frame(frame: Bytes): void {
    const text = this.pipes?.in.open(frame);
    if (text === undefined) return this.fail("impostor");
    this.onmessage?.({ data: text });
  }

  private fail(why: Refusal, left = 0): void {
    this.visit.refused(why, left);
    this.socket.close();
  }
}
