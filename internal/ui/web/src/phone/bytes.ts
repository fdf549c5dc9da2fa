// Bytes: texts, base64url, numbers.

export type Bytes = Uint8Array;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export const textOf = (b: Bytes): string => new TextDecoder("utf-8", { fatal: true }).decode(b);

export function join(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** base64url without padding (RFC 4648 section 5). */
export const encode64 = (b: Bytes): string =>
  btoa(String.fromCharCode(...b)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const decode64 = (text: string): Bytes =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

export const hexOf = (b: Bytes): string => [...b].map((x) => x.toString(16).padStart(2, "0")).join("");

/** The number of bytes with the most significant one first. */
export const bigOf = (b: Bytes): bigint => BigInt(`0x${hexOf(b) || "0"}`);

/** A number as so many bytes, the most significant one first. */
export function bytesOf(n: bigint, size: number): Bytes {
  const text = n.toString(16).padStart(2 * size, "0");
  return Uint8Array.from({ length: size }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** Whether two are the same, looking at all of them. */
export function same(a: Bytes, b: Bytes): boolean {
  let differ = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) differ |= (a[i] as number) ^ (b[i] ?? 0);
  return differ === 0;
}
