import assert from "node:assert/strict";
import { test } from "node:test";
import { Pulse } from "../src/phone/pulse";

/** A phone's connection under the test's control, and its clock. */
function line() {
  const l = {
    now: 1_000_000, asked: 0, renewed: 0, connected: true, answers: true,
    up: () => l.connected,
    probe: () => {
      l.asked++;
      return l.answers ? Promise.resolve() : new Promise<void>(() => undefined);
    },
    renew: () => void l.renewed++,
  };
  const pulse = new Pulse(l, () => l.now);
  const seconds = (n: number): void => {
    for (let i = 0; i < n; i++) {
      l.now += 1000;
      pulse.tick();
    }
  };
  return { l, pulse, seconds };
}

test("a box that says nothing is asked after a while, and not while nobody looks", async () => {
  const { l, pulse, seconds } = line();
  seconds(10);
  assert.equal(l.asked, 0);
  seconds(1);
  assert.equal(l.asked, 1);
  await Promise.resolve();
  seconds(5);
  pulse.heard();
  seconds(10);
  assert.equal(l.asked, 1, "it said something meanwhile");
  pulse.hidden();
  seconds(60);
  assert.deepEqual([l.asked, l.renewed], [1, 0]);
});

test("a phone that slept has a new connection at once, one that blinked asks", () => {
  const { l, pulse, seconds } = line();
  pulse.hidden();
  l.now += 2000;
  pulse.woke();
  assert.deepEqual([l.asked, l.renewed], [1, 0]);
  pulse.hidden();
  l.now += 600_000;
  pulse.woke();
  assert.deepEqual([l.asked, l.renewed], [1, 1]);
  seconds(1);
  l.now += 600_000; // without a word of the browser
  pulse.tick();
  assert.equal(l.renewed, 2);
});

test("a phone that has a network again does not wait", () => {
  const { l, pulse } = line();
  l.connected = false;
  pulse.woke();
  assert.deepEqual([l.asked, l.renewed], [0, 1]);
});

test("a call without an answer gives the connection up, one with an answer does not", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { l, pulse } = line();
  pulse.asked(new Promise(() => undefined), 1500);
  t.mock.timers.tick(1499);
  assert.equal(l.renewed, 0);
  t.mock.timers.tick(1);
  assert.equal(l.renewed, 1);
  const refused = Promise.reject(new Error("no such thing is playing"));
  pulse.asked(refused);
  return refused.catch(() => Promise.resolve()).then(() => {
    t.mock.timers.tick(60_000);
    assert.equal(l.renewed, 1, "a refusal is an answer");
  });
});
