import assert from "node:assert/strict";
import { test } from "node:test";
import type { PhonesView } from "../src/api";
import { Bridge } from "../src/bridge";
import { sectionNames } from "../src/choices";
import { Focus } from "../src/focus";
import { tree } from "../src/layout";
import { position, type State as HandState } from "../src/phone/hand";
import { grouped, phoneOf, phoneRows } from "../src/phones";
import { first, type State } from "../src/state";

const none: PhonesView = { allowed: true, on: false, phones: [], hosts: [] };
const one: PhonesView = { ...none, on: true, phones: [{ id: "aa", name: "Pixel 7", pairedMs: 1, seenMs: 1, here: true }] };
const rows = (phones: PhonesView | undefined): string[] => phoneRows({ ...first, phones });

test("what can be done about phones", () => {
  assert.deepEqual(rows(undefined), [], "not known yet");
  assert.deepEqual(rows({ ...none, allowed: false }), []);
  assert.deepEqual(rows(none), ["pair"]);
  assert.deepEqual(rows({ ...none, on: true, window: { code: "123456", expiresAtMs: 1, triesLeft: 3 } }), ["cancel"]);
  assert.deepEqual(rows(one), ["pair", "phone aa", "switch"]);
  assert.equal(phoneOf(one, "phone aa")?.name, "Pixel 7");
  assert.equal(phoneOf(one, "pair"), undefined);
  assert.equal(grouped("012345"), "012 345");
});

test("the rows are walked by keys", () => {
  const s: State = { ...first, phones: one, stack: [{ name: "home" }, { name: "settings" }] };
  const focus = new Focus();
  focus.show(tree(s, focus));
  focus.to("settings/sections", "phones");
  assert.ok(sectionNames.includes("phones"));
  focus.show(tree(s, focus));
  const seen: string[] = [];
  for (const key of ["right", "down", "down", "down"] as const) {
    focus.move(key);
    seen.push(focus.place?.item ?? "");
  }
  assert.deepEqual(seen, ["pair", "phone aa", "switch", "switch"]);
});

test("a phone knows where the film is, whatever its clock says", () => {
  const playback = { phase: "playing", positionMs: 10_000, atMs: 1_000_000, durationMs: 60_000, rate: 1 };
  const at = (now: number, skew: number, more: object = {}): number => position({ now, skew, playback: { ...playback, ...more } } as unknown as HandState);
  assert.equal(at(1_005_000, 0), 15_000);
  assert.equal(at(9_005_000, 8_000_000), 15_000, "a phone that is hours ahead");
  assert.equal(at(999_000, 0), 10_000, "one that is behind a little");
  assert.equal(at(2_000_000, 0), 60_000, "not beyond the end");
  assert.equal(at(1_005_000, 0, { phase: "paused" }), 10_000);
  assert.equal(position({ now: 1, skew: 0 } as HandState), 0);
});

test("a client follows what it wants, is not shown what was written before, and can end", async () => {
  const sockets: { sent: { id: number; method: string; params: { topics?: string[]; client?: { name: string } } }[]; closed: boolean; readyState: number }[] = [];
  const shown: unknown[] = [];
  const bridge = new Bridge({
    url: "ws://x/rpc", version: "1", name: "Pixel 7", topics: ["playback", "typing"], token: () => Promise.resolve(""),
    onTopic: (topic, state, fresh) => shown.push([topic, state, fresh]), onKey: () => undefined, onLink: () => undefined,
    open: () => {
      const socket = {
        readyState: 1, sent: [] as never[], closed: false,
        onopen: undefined as undefined | (() => void), onclose: undefined as undefined | (() => void), onmessage: undefined as undefined | ((e: { data: string }) => void),
        send(text: string) {
          const call = JSON.parse(text);
          (this.sent as unknown[]).push(call);
          const topics = { playback: { epoch: "e", seq: 1, state: { phase: "idle" } }, typing: { epoch: "e", seq: 4, state: { text: "old" } } };
          queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ id: call.id, result: call.method === "topic.subscribe" ? { topics } : {} }) }));
        },
        close() {
          this.closed = true;
          this.onclose?.();
        },
      };
      sockets.push(socket);
      queueMicrotask(() => {
        socket.onopen?.();
        setTimeout(() => socket.onmessage?.({ data: JSON.stringify({ method: "topic.event", params: { topic: "typing", epoch: "e", seq: 5, state: { text: "new" } } }) }), 20);
      });
      return socket as unknown as WebSocket;
    },
  });
  bridge.start();
  for (let i = 0; i < 4000 && shown.length < 2; i++) await new Promise((done) => setTimeout(done, 5)); // 20 s
  assert.deepEqual(sockets[0]?.sent.map((c) => [c.method, c.params.topics ?? c.params.client?.name]), [["session.hello", "Pixel 7"], ["topic.subscribe", ["playback", "typing"]]]);
  assert.deepEqual(shown, [["playback", { phase: "idle" }, false], ["typing", { text: "new" }, true]]);
  bridge.stop();
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(sockets.length, 1, "it does not come back");
});

test("a connection that is given up is replaced at once, and the wait for one ends", async () => {
  const sockets: { readyState: number; onclose?: () => void; close(): void }[] = [];
  const bridge = new Bridge({
    url: "ws://x/rpc", version: "1", topics: [], token: () => Promise.resolve(""),
    onTopic: () => undefined, onKey: () => undefined, onLink: () => undefined,
    open: () => {
      const socket = { readyState: 0, close: () => undefined };
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  const moment = (): Promise<void> => new Promise((done) => setTimeout(done, 5));
  bridge.start();
  await moment();
  bridge.renew();
  bridge.renew();
  await moment();
  assert.equal(sockets.length, 2, "one for both: the first was not opened yet");
  for (let i = 0; i < 6; i++) {
    sockets.at(-1)?.onclose?.();
    bridge.renew();
    await moment();
  }
  assert.equal(sockets.length, 8, "no wait between tries");
  sockets.at(-1)?.onclose?.();
  bridge.stop();
  bridge.renew();
  await new Promise((done) => setTimeout(done, 200));
  assert.equal(sockets.length, 8, "it is over");
});
