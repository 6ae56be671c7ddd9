import { expect, test, vi } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { opossumEngine } from "../opossum/index.ts";
import { circuitBreaker } from "./circuit-breaker.ts";
import type { BreakerEngineFactory } from "./engine.ts";
import { httpError, TestCircuit } from "./fixtures/test-circuit.ts";

function noEntropy(): number {
  throw new Error("no entropy");
}

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

test.each([Number.NaN, -3, 7, undefined])(
  "a generator that gives %o varies no break, and the process goes on",
  async (wrong) => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const engine of [undefined, opossumEngine()]) {
      const circuit = new TestCircuit({
        ...(engine && { engine }),
        breakTime: { initial: 1_000, jitter: 0.2 },
        random: () => wrong as number,
        clock: { now: () => 0 },
      });
      await circuit.fail(4);
      expect(await circuit.once()).toMatchObject({ code: "E_CIRCUIT_OPEN", retryAfter: 1_000 });
    }
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  },
);

test("a generator that throws keeps no circuit closed, and hides no upstream error", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const circuit = new TestCircuit({ random: noEntropy, clock: { now: () => 0 } });
  const down = httpError(500);
  expect(await circuit.once(() => Promise.reject(down))).toBe(down);
  await circuit.fail(3);
  expect(await circuit.once()).toMatchObject({ code: "E_CIRCUIT_OPEN" });
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test.each(["opossum", null, {}])("an engine that is %o is refused", (engine) => {
  expect(() => circuitBreaker({ engine: engine as unknown as BreakerEngineFactory })).toThrow(
    expect.objectContaining({
      code: "E_INVALID_INPUT",
      message: expect.stringContaining("engine"),
    }),
  );
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
