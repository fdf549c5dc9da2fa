import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Bridge, CallError } from "../src/bridge";

interface Sent {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

/** The daemon's end of a pretended WebSocket. */
class Socket {
  readyState = 0;
  sent: Sent[] = [];
  onopen?: () => void;
  onmessage?: (e: { data: string }) => void;
  onclose?: () => void;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Sent);
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  async reply(method: string, result: unknown): Promise<Sent> {
    const call = this.sent.find((c) => c.method === method) as Sent;
    assert.ok(call, `${method} was not called`);
    this.sent.splice(this.sent.indexOf(call), 1);
    this.tell({ id: call.id, ...(result as object) });
    await settle();
    return call;
  }

  tell(m: object): void {
    this.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", ...m }) });
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp() {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sockets: Socket[] = [];
  const log: unknown[] = [];
  const bridge = new Bridge({
    url: "ws://x/rpc", version: "1",
    token: async (renew) => (renew ? "new" : "old"),
    onTopic: (topic, state) => log.push([topic, state]),
    onKey: (e) => log.push(e.key),
    onLink: (up) => log.push(up),
    open: () => {
      const s = new Socket();
      sockets.push(s);
      return s as unknown as WebSocket;
    },
  });
  bridge.start();
  return { bridge, sockets, log };
}

const topics = (seq: number) => ({ result: { topics: Object.fromEntries(["playback", "system", "progress", "keys"].map((t) => [t, { epoch: "e", seq, state: t === "keys" ? null : seq }])) } });

async function greeted(s: Socket): Promise<Sent> {
  s.open();
  await settle();
  return s.reply("session.hello", { result: {} });
}

test("hello with the token, subscribe, snapshots, events in order", async () => {
  const { sockets, log } = setUp();
  await settle();
  const s = sockets[0] as Socket;
  const hello = await greeted(s);
  assert.equal(hello.params["token"], "old");
  await s.reply("topic.subscribe", topics(5));
  assert.deepEqual(log.splice(0), [["playback", 5], ["system", 5], ["progress", 5], true]);
  s.tell({ method: "topic.event", params: { topic: "playback", epoch: "e", seq: 9, state: "new" } });
  s.tell({ method: "topic.event", params: { topic: "playback", epoch: "e", seq: 8, state: "older" } });
  s.tell({ method: "topic.event", params: { topic: "keys", epoch: "e", seq: 6, event: { key: "ok", action: "press" } } });
  assert.deepEqual(log.splice(0), [["playback", "new"], "ok"]);
  mock.timers.reset();
});

test("patches change the state they are for; after a gap it is asked for", async () => {
  const { sockets, log } = setUp();
  await settle();
  const s = sockets[0] as Socket;
  assert.equal((await greeted(s)).params["api"], "1.1");
  await s.reply("topic.subscribe", { result: { topics: { progress: { epoch: "e", seq: 5, state: { a: 1, b: 2 } } } } });
  log.length = 0;
  const patch = (seq: number, after: number, changes: object): void =>
    s.tell({ method: "topic.event", params: { topic: "progress", epoch: "e", seq, after, patch: changes } });
  patch(7, 5, { b: null, c: 3 });
  patch(8, 6, { a: 4 });
  assert.deepEqual(log.splice(0), [["progress", { a: 1, c: 3 }], ["progress", { a: 4, c: 3 }]]);
  patch(11, 10, { a: 9 });
  assert.deepEqual(log, []);
  const resumed = await s.reply("topic.resume", { result: { snapshot: { epoch: "e", seq: 11, state: { a: 9 } } } });
  assert.equal(resumed.params["seq"], 8);
  assert.deepEqual(log.splice(0), [["progress", { a: 9 }]]);
  mock.timers.reset();
});

test("after a break it comes back with a fresh token and resumes where it was", async () => {
  const { bridge, sockets, log } = setUp();
  await settle();
  await greeted(sockets[0] as Socket);
  await (sockets[0] as Socket).reply("topic.subscribe", topics(5));
  log.length = 0;
  const lost = bridge.call("playback.get");
  (sockets[0] as Socket).close();
  await assert.rejects(lost, CallError);
  assert.deepEqual(log.splice(0), [false]);
  mock.timers.tick(5000);
  await settle();
  const s = sockets[1] as Socket;
  assert.equal((await greeted(s)).params["token"], "new");
  await s.reply("topic.subscribe", { result: { topics: { keys: { epoch: "e", seq: 7, state: null } } } });
  const resumed = await s.reply("topic.resume", { result: { replayed: [{ topic: "playback", epoch: "e", seq: 6, state: "missed" }] } });
  assert.deepEqual(resumed.params, { topic: "playback", epoch: "e", seq: 5 });
  await s.reply("topic.resume", { result: { snapshot: { epoch: "f", seq: 1, state: "anew" } } });
  await s.reply("topic.resume", { result: { replayed: [] } });
  assert.deepEqual(log.splice(0), [["playback", "missed"], ["system", "anew"], true]);
  mock.timers.reset();
});

test("a refusal arrives with its words; silence ends in time", async () => {
  const { bridge, sockets } = setUp();
  await settle();
  const s = sockets[0] as Socket;
  await greeted(s);
  await s.reply("topic.subscribe", topics(1));
  const refused = bridge.call("player.pause");
  await s.reply("player.pause", { error: { code: 1, message: "no", data: { key: "nothing_playing", text: "Nothing is playing.", hint: "Choose." } } });
  await assert.rejects(refused, (e: CallError) => e.problem.code === "nothing_playing" && e.problem.hint === "Choose.");
  const silent = assert.rejects(bridge.call("catalog.rails"), CallError);
  mock.timers.tick(11_000);
  await silent;
  mock.timers.reset();
});
