import type { EventEmitter } from "node:events";
import CircuitBreaker from "opossum";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeBreakerContract } from "../breaker/fixtures/breaker-contract.ts";
import { TestCircuit } from "../breaker/fixtures/test-circuit.ts";
import { opossumEngine, type OpossumCircuit } from "./index.ts";

describeBreakerContract("opossum", opossumEngine());

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

function observed(): { circuit: TestCircuit; inner: OpossumCircuit } {
  let inner: OpossumCircuit | undefined;
  const onCircuit = (made: OpossumCircuit): void => {
    inner = made;
  };
  const circuit = new TestCircuit({ engine: opossumEngine({ group: "models", onCircuit }) });
  if (!inner) throw new Error("onCircuit was not called");
  return { circuit, inner };
}

test("a dashboard sees the circuit's name, events and statistics", async () => {
  const { circuit, inner } = observed();
  const events: string[] = [];
  const emitter: EventEmitter = inner;
  for (const event of ["fire", "success", "failure", "open", "halfOpen", "close", "reject"]) {
    emitter.on(event, () => events.push(event));
  }
  await circuit.run(1);
  await circuit.fail(3);
  await circuit.once();
  expect([inner.name, inner.group]).toEqual(["primary", "models"]);
  const failures = "fire failure fire failure fire open failure";
  expect(events.join(" ")).toBe(`fire success ${failures} fire reject`);
  expect(inner.stats).toMatchObject({ fires: 5, successes: 1, failures: 3, rejects: 1 });
});

test("its statistics turn with the calls, without a timer", async () => {
  const { circuit, inner } = observed();
  await circuit.run(3);
  vi.advanceTimersByTime(600_000);
  await circuit.run(1);
  expect(inner.stats.fires).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("one open circuit holds one timer that keeps no process alive", async () => {
  const { circuit } = observed();
  await circuit.fail(4);
  expect(vi.getTimerCount()).toBe(1);
});

test("a call that takes long is neither timed out nor aborted by opossum: 0 of 10 innocents", async () => {
  const { circuit } = observed();
  const calls = Array.from({ length: 10 }, () => circuit.pending());
  await vi.advanceTimersByTimeAsync(3_600_000);
  const outcomes = await Promise.all(calls.map((call) => call.resolve()));
  expect(outcomes).toEqual(Array(10).fill("ok"));
});

test("a caller who leaves during the probe: ours stays half-open; opossum, told to ignore it, closes", async () => {
  const peer = new CircuitBreaker(() => Promise.reject(new Error("left")), {
    errorFilter: () => true,
    resetTimeout: 1_000,
    enableSnapshots: false,
  });
  peer.open();
  const { circuit } = observed();
  await circuit.fail(4);
  vi.advanceTimersByTime(1_000);
  await peer.fire().catch(() => {});
  const caller = new AbortController();
  const pending = circuit.pending(caller.signal);
  caller.abort();
  await pending.reject(new Error("left"));
  expect({ peer: peer.closed, ours: circuit.policy.state }).toEqual({
    peer: true,
    ours: "half-open",
  });
  peer.shutdown();
});
