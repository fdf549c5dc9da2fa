import assert from "node:assert/strict";
import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import channel from "../../../phone/testdata/channel.json";
import rfc from "../../../spake2/testdata/rfc9382.json";
import { bigOf, bytesOf, decode64, encode64, hexOf, same, utf8 } from "../src/phone/bytes";
import { open, seal } from "../src/phone/chacha";
import { newPhone, pipes, proof } from "../src/phone/channel";
import { phoneName } from "../src/phone/hand";
import { add, base, order, read, times, write } from "../src/phone/p256";
import { hkdf, hmac, sha256 } from "../src/phone/sha256";
import { derive, Run } from "../src/phone/spake2";

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (x) => parseInt(x, 16));

test("SHA-256, HMAC and HKDF are those of node", () => {
  for (let size = 0; size < 200; size += 1) {
    const text = new Uint8Array(randomBytes(size));
    assert.equal(hexOf(sha256(text)), createHash("sha256").update(text).digest("hex"), `${size} bytes`);
    assert.equal(hexOf(hmac(text, utf8("x"))), createHmac("sha256", text).update("x").digest("hex"), `key of ${size} bytes`);
  }
  for (const size of [16, 32, 33, 100]) {
    assert.equal(hexOf(hkdf(utf8("secret"), utf8("info"), size)), Buffer.from(hkdfSync("sha256", "secret", new Uint8Array(0), "info", size)).toString("hex"));
  }
});

test("ChaCha20-Poly1305 is that of RFC 8439 section 2.8.2, but for the additional data", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const nonce = bytes("070000004041424344454647");
  const text = utf8("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
  const sealed = seal(key, nonce, text);
  assert.equal(hexOf(sealed).slice(0, 32), "d31a8d34648e60db7b86afbc53ef7ec2");
  assert.deepEqual(open(key, nonce, sealed), text);
  for (const at of [0, 50, sealed.length - 1]) {
    const forged = sealed.slice();
    forged[at] = (forged[at] as number) ^ 1;
    assert.equal(open(key, nonce, forged), undefined, `byte ${at}`);
  }
  assert.equal(open(key, nonce, sealed.slice(0, 15)), undefined);
  assert.equal(open(key, nonce, new Uint8Array(0)), undefined);
});

test("P-256 is a group", () => {
  const p = (n: bigint): string => hexOf(write(times(base, n)) ?? new Uint8Array(0));
  assert.equal(p(order), "", "as many points as there are lead to infinity");
  assert.equal(p(order + 1n), p(1n));
  for (const [n, m] of [[1n, 1n], [2n, 1n], [5n, order - 5n], [bigOf(randomBytes(31)), bigOf(randomBytes(31))]] as const) {
    assert.equal(hexOf(write(add(times(base, n), times(base, m))) ?? new Uint8Array(0)), p(n + m), `${n} + ${m}`);
  }
  for (const bad of ["", "00", `04${"00".repeat(64)}`, `04${"ff".repeat(64)}`, `05${"11".repeat(64)}`, `02${"ff".repeat(32)}`]) {
    assert.equal(read(bytes(bad)), undefined, bad);
  }
});

test("SPAKE2 is that of RFC 9382 appendix B", () => {
  for (const v of rfc) {
    const run = new Run(bigOf(bytes(v.w)), v.a, v.b, bigOf(bytes(v.x)));
    assert.equal(hexOf(run.share), v.pA);
    const keys = run.finish(bytes(v.pB));
    assert.ok(keys);
    assert.equal(hexOf(keys.session), v.ke);
    assert.equal(hexOf(keys.confirm), v.confA);
    assert.ok(keys.confirms(bytes(v.confB)));
    assert.ok(!keys.confirms(bytes(v.confA)), "its own confirmation");
    assert.equal(run.finish(bytes(v.pB).slice(0, 64)), undefined);
    assert.equal(run.finish(new Uint8Array(65)), undefined);
  }
});

test("what is derived is what the daemon derives", () => {
  assert.equal(hexOf(bytesOf(derive(utf8(channel.Code), channel.Context), 32)), channel.Secret);
  assert.deepEqual(newPhone(bytes(channel.Session)), { id: channel.ID, key: channel.Key });
});

test("a phone that comes again shows who it was", () => {
  assert.deepEqual(proof({ id: channel.ID, key: channel.Key }, bytes(channel.Session)), { was: channel.ID, proof: channel.Proof });
});

test("frames are sealed and opened as the daemon does", () => {
  const p = pipes(bytes(channel.Session));
  channel.Texts.forEach((text, i) => {
    assert.equal(hexOf(p.out.seal(text)), channel.ToBox[i]);
    assert.equal(p.in.open(bytes(channel.ToPhone[i] as string)), text);
  });
  assert.equal(pipes(bytes(channel.Session)).in.open(bytes(channel.ToPhone[1] as string)), undefined, "out of turn");
});

test("bytes", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decode64(encode64(all)), all);
  assert.ok(same(all, all.slice()) && !same(all, all.slice(1)) && !same(new Uint8Array(0), all));
});

test("a phone's name", () => {
  for (const [agent, name] of [
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1", "iPhone"],
    ["Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36", "Pixel 7"],
    ["Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Android"],
    ["Mozilla/5.0 (X11; Linux x86_64)", "Linux"],
    ["", ""],
  ] as const) assert.equal(phoneName(agent), name);
});
