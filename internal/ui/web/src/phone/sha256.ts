// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869). The browser has them
// for pages that come over TLS; this one cannot (docs/decisions/014-phone-channel.md).

import { join, type Bytes } from "./bytes";

/** The first 32 bits of the fractions of roots of the first primes: of cube roots 64, of square roots 8. */
function fractions(count: number, root: (n: number) => number): Uint32Array {
  const out: number[] = [];
  for (let n = 2; out.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) prime &&= n % d !== 0;
    if (prime) out.push((root(n) % 1) * 2 ** 32);
  }
  return Uint32Array.from(out.map(Math.floor));
}

const k = fractions(64, Math.cbrt);
const start = fractions(8, Math.sqrt);

const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

export function sha256(text: Bytes): Bytes {
  const blocks = Math.ceil((text.length + 9) / 64);
  const padded = join(text, Uint8Array.of(0x80), new Uint8Array(blocks * 64 - text.length - 1));
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(text.length / 2 ** 29));
  view.setUint32(padded.length - 4, text.length << 3);
  const h = Uint32Array.from(start);
  for (let at = 0; at < padded.length; at += 64) block(h, view, at);
  const out = new DataView(new ArrayBuffer(32));
  h.forEach((x, i) => out.setUint32(4 * i, x));
  return new Uint8Array(out.buffer);
}

function block(hash: Uint32Array, view: DataView, at: number): void {
  const w = new Uint32Array(64);
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15] as number, w[i - 2] as number];
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1;
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (k[i] as number) + (w[i] as number)) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((x, i) => { hash[i] = (hash[i] as number) + x; });
}

export function hmac(key: Bytes, text: Bytes): Bytes {
  const pad = new Uint8Array(64);
  pad.set(key.length > 64 ? sha256(key) : key);
  return sha256(join(pad.map((x) => x ^ 0x5c), sha256(join(pad.map((x) => x ^ 0x36), text))));
}

/** HKDF without salt. */
export function hkdf(secret: Bytes, info: Bytes, size: number): Bytes {
  const key = hmac(new Uint8Array(32), secret);
  let out = new Uint8Array(0);
  let last: Bytes = out;
  for (let i = 1; out.length < size; i++) {
    last = hmac(key, join(last, info, Uint8Array.of(i)));
    out = join(out, last) as Uint8Array<ArrayBuffer>;
  }
  return out.slice(0, size);
}
