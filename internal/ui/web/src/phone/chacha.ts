// ChaCha20-Poly1305 (RFC 8439).

import { join, same, type Bytes } from "./bytes";

const words = (b: Bytes): number[] => {
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  return Array.from({ length: b.length / 4 }, (_, i) => view.getUint32(4 * i, true));
};

const quarters = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]] as const;

/** One block of the key stream. */
function block(key: Bytes, counter: number, nonce: Bytes): Bytes {
  const first = Uint32Array.from([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...words(key), counter, ...words(nonce)]);
  const s = first.slice();
  const mix = (a: number, b: number, d: number, by: number): void => {
    s[a] = (s[a] as number) + (s[b] as number);
    const x = (s[d] as number) ^ (s[a] as number);
    s[d] = (x << by) | (x >>> (32 - by));
  };
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of quarters) {
      mix(a, b, d, 16);
      mix(c, d, b, 12);
      mix(a, b, d, 8);
      mix(c, d, b, 7);
    }
  }
  const out = new DataView(new ArrayBuffer(64));
  s.forEach((x, i) => out.setUint32(4 * i, x + (first[i] as number), true));
  return new Uint8Array(out.buffer);
}

function stream(key: Bytes, nonce: Bytes, text: Bytes): Bytes {
  const out = text.slice();
  for (let at = 0; at < out.length; at += 64) {
    const pad = block(key, 1 + at / 64, nonce);
    for (let i = at; i < Math.min(at + 64, out.length); i++) out[i] = (out[i] as number) ^ (pad[i - at] as number);
  }
  return out;
}

const little = (b: Bytes): bigint => b.reduceRight((n, x) => (n << 8n) | BigInt(x), 0n);

const prime = (1n << 130n) - 5n;

function poly1305(key: Bytes, text: Bytes): Bytes {
  const r = little(key.slice(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < text.length; at += 16) {
    const part = text.subarray(at, at + 16);
    sum = ((sum + little(part) + (1n << BigInt(8 * part.length))) * r) % prime;
  }
  sum += little(key.slice(16));
  return Uint8Array.from({ length: 16 }, (_, i) => Number((sum >> BigInt(8 * i)) & 0xffn));
}

/** The tag of what was encrypted, without additional data. */
function tag(key: Bytes, nonce: Bytes, sealed: Bytes): Bytes {
  const sizes = new Uint8Array(16);
  new DataView(sizes.buffer).setUint32(8, sealed.length, true);
  return poly1305(block(key, 0, nonce).slice(0, 32), join(sealed, new Uint8Array((16 - (sealed.length % 16)) % 16), sizes));
}

export function seal(key: Bytes, nonce: Bytes, text: Bytes): Bytes {
  const sealed = stream(key, nonce, text);
  return join(sealed, tag(key, nonce, sealed));
}

/** Undefined when it was not sealed with this key and nonce. */
export function open(key: Bytes, nonce: Bytes, frame: Bytes): Bytes | undefined {
  const sealed = frame.slice(0, -16);
  return frame.length >= 16 && same(frame.slice(-16), tag(key, nonce, sealed)) ? stream(key, nonce, sealed) : undefined;
}
