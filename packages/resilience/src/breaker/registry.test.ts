import { expect, test } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { httpError } from "./fixtures/test-circuit.ts";
import { type BreakerRegistry, breakers } from "./registry.ts";

const byStep = (call: { readonly step: string | undefined }): string => call.step ?? "primary";

async function failAll(registry: BreakerRegistry, count: number, step?: string): Promise<void> {
  const call = deriveCall(enterCall(undefined), step === undefined ? {} : { step });
  const error = httpError(503);
  for (let index = 0; index < count; index += 1) {
    const failed = registry.execute(() => Promise.reject(error), call);
    await expect(failed).rejects.toBe(error);
  }
}

test("an outage of one upstream rejects no call to another", async () => {
  const registry = breakers({ key: byStep, minimumCalls: 3 });
  await failAll(registry, 3);
  await expect(registry.execute(async () => 1)).rejects.toMatchObject({ code: "E_CIRCUIT_OPEN" });
  const other = deriveCall(enterCall(undefined), { step: "haiku" });
  await expect(registry.execute(async () => 1, other)).resolves.toBe(1);
  expect([registry.get("primary").state, registry.get("haiku").state]).toEqual(["open", "closed"]);
});

test("keeps the circuits used last, so its memory is bounded", async () => {
  const registry = breakers({ key: byStep, minimumCalls: 1, maximum: 2 });
  await failAll(registry, 1, "a");
  registry.get("b");
  registry.get("a");
  registry.get("c");
  expect(registry.size).toBe(2);
  expect(registry.get("a").state).toBe("open");
});

test("memory of keys is flat over 100,000 keys", () => {
  const registry = breakers({ key: byStep, maximum: 10 });
  for (let key = 0; key < 100_000; key += 1) registry.get(`tenant ${key}`);
  expect(registry.size).toBe(10);
});

test("the events name the circuit", async () => {
  const events: ResilienceEvent[] = [];
  const registry = breakers({ key: byStep, minimumCalls: 1, on: (event) => events.push(event) });
  await failAll(registry, 1, "haiku");
  expect(events).toEqual([{ type: "breaker-state", breaker: "haiku", from: "closed", to: "open" }]);
});

test("all circuits are taken up by another process", async () => {
  const first = breakers({ key: byStep, minimumCalls: 1 });
  await failAll(first, 1, "haiku");
  first.get("primary");
  const saved = first.snapshot();
  const second = breakers({ key: byStep, minimumCalls: 1, restore: (key) => saved[key] });
  expect(["primary", "haiku", "new"].map((key) => second.get(key).state)).toEqual([
    "closed",
    "open",
    "closed",
  ]);
});

test("a wrong option shows when the registry is made", () => {
  for (const wrong of [
    { maximum: 0 },
    { failureRatio: 0 },
    { failureRatio: 1.5 },
    { window: Number.NaN },
    { minimumCalls: 0.5 },
    { slowCall: -1 },
    { breakTime: { initial: 0 } },
    { breakTime: { initial: 10, maximum: 5 } },
    { breakTime: { jitter: 1 } },
    { halfOpen: { calls: 0 } },
    { halfOpen: { failureRatio: 1 } },
  ]) {
    expect(() => breakers({ key: byStep, ...wrong })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  }
});
