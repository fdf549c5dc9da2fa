// The group P-256 (FIPS 186-5, SP 800-186) in Jacobian coordinates. What the
// numbers are can be seen in how long it takes: on the phone, nobody else runs
// beside the page who could look.

import { bigOf, bytesOf, type Bytes } from "./bytes";

const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** How many points there are. */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** A point X/Z², Y/Z³; at infinity Z is 0. */
export interface Point {
  x: bigint;
  y: bigint;
  z: bigint;
}

const infinity: Point = { x: 1n, y: 1n, z: 0n };

export const base: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  z: 1n,
};

const mod = (n: bigint): bigint => {
  const r = n % p;
  return r < 0n ? r + p : r;
};

function power(n: bigint, e: bigint): bigint {
  let out = 1n;
  for (let x = mod(n); e > 0n; e >>= 1n, x = mod(x * x)) if (e & 1n) out = mod(out * x);
  return out;
}

const curve = (x: bigint): bigint => mod(x * x * x - 3n * x + b);

/** 2·P. */
function double(q: Point): Point {
  const delta = mod(q.z * q.z);
  const gamma = mod(q.y * q.y);
  const beta = mod(q.x * gamma);
  const alpha = mod(3n * (q.x - delta) * (q.x + delta));
  const x = mod(alpha * alpha - 8n * beta);
  return { x, y: mod(alpha * (4n * beta - x) - 8n * gamma * gamma), z: mod((q.y + q.z) ** 2n - gamma - delta) };
}

/** P + Q, whatever they are. */
export function add(q: Point, r: Point): Point {
  if (q.z === 0n) return r;
  if (r.z === 0n) return q;
  const [qz, rz] = [mod(q.z * q.z), mod(r.z * r.z)];
  const [u, v] = [mod(q.x * rz), mod(r.x * qz)];
  const [s, t] = [mod(q.y * rz * r.z), mod(r.y * qz * q.z)];
  const h = mod(v - u);
  const d = mod(t - s);
  if (h === 0n) return d === 0n ? double(q) : infinity;
  const h2 = mod(h * h);
  const h3 = mod(h2 * h);
  const w = mod(u * h2);
  const x = mod(d * d - h3 - 2n * w);
  return { x, y: mod(d * (w - x) - s * h3), z: mod(q.z * r.z * h) };
}

/** n·P. */
export function times(q: Point, n: bigint): Point {
  let out = infinity;
  for (let i = 255n; i >= 0n; i--) {
    out = double(out);
    if ((n >> i) & 1n) out = add(out, q);
  }
  return out;
}

/** The point without a prefix that tells its length; undefined for the one at infinity. */
export function write(q: Point): Bytes | undefined {
  if (q.z === 0n) return undefined;
  const inverse = power(q.z, p - 2n);
  const square = mod(inverse * inverse);
  const out = new Uint8Array(65);
  out[0] = 4;
  out.set(bytesOf(mod(q.x * square), 32), 1);
  out.set(bytesOf(mod(q.y * square * inverse), 32), 33);
  return out;
}

/** Reads an uncompressed or compressed point (SEC 1 section 2.3.4); undefined is none of the curve. */
export function read(from: Bytes): Point | undefined {
  const x = bigOf(from.slice(1, 33));
  if (x >= p) return undefined;
  if (from.length === 65 && from[0] === 4) {
    const y = bigOf(from.slice(33));
    return y < p && mod(y * y) === curve(x) ? { x, y, z: 1n } : undefined;
  }
  if (from.length !== 33 || (from[0] !== 2 && from[0] !== 3)) return undefined;
  const root = power(curve(x), (p + 1n) / 4n);
  if (mod(root * root) !== curve(x)) return undefined;
  return { x, y: (root & 1n) === BigInt((from[0] as number) & 1) ? root : p - root, z: 1n };
}
