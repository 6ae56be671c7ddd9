import { expect, test } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { httpError, TestCircuit } from "./fixtures/test-circuit.ts";

test("the listener of the calls hears of rejections and changes of state as the own one does", async () => {
  const own: ResilienceEvent[] = [];
  const ofCalls: ResilienceEvent[] = [];
  const circuit = new TestCircuit({ on: (event) => own.push(event), clock: { now: () => 0 } });
  const call = deriveCall(enterCall(undefined), { on: (event) => ofCalls.push(event) });
  await circuit.run(4, () => Promise.reject(httpError(500)), call);
  await circuit.once(undefined, call);
  expect(ofCalls).toEqual([
    { type: "breaker-state", breaker: "primary", from: "closed", to: "open" },
    { type: "breaker-rejected", breaker: "primary", state: "open", retryAfter: 1_000 },
  ]);
  expect(own).toEqual(ofCalls);
});

test("a signal that has fired already: no call, nothing counted", async () => {
  const circuit = new TestCircuit({ minimumCalls: 1 });
  await circuit.run(5, undefined, AbortSignal.abort());
  expect(circuit.calls).toBe(0);
  expect(await circuit.once()).toBe("ok");
});

test("breaks vary by the jitter, so that processes do not probe together", async () => {
  const breaks = [0, 0.5, 0.999].map(async (random) => {
    const circuit = new TestCircuit({
      breakTime: { initial: 1_000, jitter: 0.2 },
      random: () => random,
      clock: { now: () => 0 },
    });
    await circuit.fail(4);
    return ((await circuit.once()) as { retryAfter: number }).retryAfter;
  });
  expect(await Promise.all(breaks)).toEqual([800, 1_000, 1_200]);
});

test("a clock that was set back makes no break longer", async () => {
  let now = 3_600_000;
  const circuit = new TestCircuit({ clock: { now: () => now } });
  await circuit.fail(4);
  now = 0;
  expect(await circuit.once()).toMatchObject({ code: "E_CIRCUIT_OPEN", retryAfter: 1_000 });
  now += 1_000;
  expect(await circuit.once()).toBe("ok");
});

test("a break restored from a clock far ahead cannot keep the circuit open for ever", async () => {
  let now = 0;
  const clock = { now: () => now };
  const before = new TestCircuit({ clock });
  await before.fail(4);
  const snapshot = { ...before.policy.snapshot(), openUntil: 1e15 };
  const circuit = new TestCircuit({ clock, restore: snapshot });
  now += 16_000;
  expect(await circuit.once()).toBe("ok");
});
