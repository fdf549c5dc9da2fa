// SPAKE2 (RFC 9382) over P-256, for the phone's side: A. internal/spake2 of the
// daemon is the other side; both are held against the vectors of the RFC.

import { bigOf, bytesOf, join, same, utf8, type Bytes } from "./bytes";
import { add, base, order, read, times, write, type Point } from "./p256";
import { hkdf, hmac, sha256 } from "./sha256";

const pointM = "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f";
const pointN = "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49";

const pointOf = (hex: string): Point => read(bytesOf(BigInt(`0x${hex}`), 33)) as Point;

const fits = (n: bigint): boolean => n > 0n && n < order;

/** The number that stands for a password in one use. */
export function derive(password: Bytes, context: string): bigint {
  for (let i = 0; ; i++) {
    const n = bigOf(hkdf(password, utf8(context + String.fromCharCode(i)), 32));
    if (fits(n)) return n;
  }
}

function random(): bigint {
  for (;;) {
    const n = bigOf(crypto.getRandomValues(new Uint8Array(32)));
    if (fits(n)) return n;
  }
}

export interface Keys {
  session: Bytes;
  confirm: Bytes; // to be shown to the box
  confirms(shown: Bytes): boolean;
}

export class Run {
  readonly share: Bytes;

  constructor(private secret: bigint, private a: string, private b: string, private scalar: bigint = random()) {
    this.share = write(add(times(base, scalar), times(pointOf(pointM), secret))) as Bytes;
  }

  /** Takes the box's share; undefined when no honest box sent it. */
  finish(theirs: Bytes): Keys | undefined {
    const y = theirs.length === 65 ? read(theirs) : undefined;
    const k = y && write(times(add(y, times(pointOf(pointN), order - this.secret)), this.scalar));
    if (!k) return undefined;
    const tt = join(...[utf8(this.a), utf8(this.b), this.share, theirs, k, bytesOf(this.secret, 32)].map(measured));
    const sum = sha256(tt);
    const keys = hkdf(sum.slice(16), utf8("ConfirmationKeys"), 32);
    const expected = hmac(keys.slice(16), tt);
    return { session: sum.slice(0, 16), confirm: hmac(keys.slice(0, 16), tt), confirms: (shown) => same(shown, expected) };
  }
}

/** A part of the transcript after its length. */
function measured(part: Bytes): Bytes {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setUint32(0, part.length, true);
  return join(size, part);
}
