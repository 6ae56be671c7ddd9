import {
  CircuitState,
  circuitBreaker as cockatielBreaker,
  ConsecutiveBreaker,
  handleAll,
  SamplingBreaker,
} from "cockatiel";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CockatielEngine } from "./cockatiel-engine.ts";
import { describeBreakerContract } from "./fixtures/breaker-contract.ts";
import { httpError, TestCircuit } from "./fixtures/test-circuit.ts";

describeBreakerContract("cockatiel", (parts) => new CockatielEngine(parts));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const fail = () => Promise.reject(httpError(503));

test("10 idle minutes, then 2 failures: ours stays closed; cockatiel's own window opens", async () => {
  const peer = cockatielBreaker(handleAll, {
    halfOpenAfter: 1_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 2 }),
  });
  const ours = new TestCircuit({ minimumCalls: 20 });
  for (let call = 0; call < 20; call += 1) await peer.execute(async () => 1);
  for (let call = 0; call < 19; call += 1) await peer.execute(fail).catch(() => {});
  await ours.run(20);
  await ours.fail(19);
  vi.advanceTimersByTime(600_000);
  for (let call = 0; call < 2; call += 1) await peer.execute(fail).catch(() => {});
  await ours.fail(2);
  expect({ peer: peer.state, ours: ours.policy.state }).toEqual({
    peer: CircuitState.Open,
    ours: "closed",
  });
});

test("100 callers beside a running probe: ours rejects them at once; cockatiel lets them wait", async () => {
  const peer = cockatielBreaker(handleAll, {
    halfOpenAfter: 1_000,
    breaker: new ConsecutiveBreaker(1),
  });
  await peer.execute(fail).catch(() => {});
  const ours = new TestCircuit({ halfOpen: { calls: 1 } });
  await ours.fail(4);
  vi.advanceTimersByTime(1_000);
  const probe = new Promise(() => {});
  void peer.execute(() => probe);
  ours.pending();
  const settled = { peer: 0, ours: 0 };
  for (let caller = 0; caller < 100; caller += 1) {
    void peer.execute(async () => 1).finally(() => (settled.peer += 1));
    void ours.once().finally(() => (settled.ours += 1));
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(settled).toEqual({ peer: 0, ours: 100 });
});

test("the injected clock, not the system's, ends a break", async () => {
  let now = 5_000;
  const circuit = new TestCircuit({ clock: { now: () => now } });
  await circuit.fail(4);
  vi.advanceTimersByTime(3_600_000);
  expect(await circuit.once()).toMatchObject({ code: "E_CIRCUIT_OPEN", retryAfter: 1_000 });
  now += 1_000;
  expect(await circuit.once()).toBe("ok");
});
