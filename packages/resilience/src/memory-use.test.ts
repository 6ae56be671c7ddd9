import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { circuitBreaker } from "./breaker/circuit-breaker.ts";
import { bulkhead } from "./bulkhead/bulkhead-policy.ts";
import type { CallContext } from "./call.ts";
import { hedge } from "./hedge/hedge-policy.ts";
import { pipeline } from "./pipeline/pipeline.ts";
import { rateLimit } from "./rate-limit/rate-limit-policy.ts";
import { timeout } from "./timeout/timeout-policy.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that stay in use, once everything that can go has gone. */
async function used(): Promise<number> {
  // Signals that nobody holds are let go by finalizers, which run between collections.
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage().heapUsed;
}

const timers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;

const everything = () =>
  pipeline({
    ceilings: { calls: 10, time: 60_000 },
    hedge: hedge(),
    rateLimit: rateLimit({ requests: 1e9, tokens: 1e12 }),
    bulkhead: bulkhead({ limit: 10 }),
    timeout: timeout({ total: 30_000, firstToken: 10_000, betweenTokens: 5_000 }),
  });

async function repeat(
  calls: number,
  operation: (call: CallContext) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const policy = everything();
  for (let call = 0; call < calls; call++) await policy.execute(operation, signal);
}

const telling = async ({ onToken }: CallContext): Promise<void> => onToken();

const ignore = (): void => {};

async function listening({ signal }: CallContext): Promise<void> {
  signal.addEventListener("abort", ignore);
  await Promise.resolve();
  signal.removeEventListener("abort", ignore);
}

test("memory is flat over 1,000,000 calls, and no timer stays", async () => {
  await repeat(20_000, telling);
  const [before, timersBefore] = [await used(), timers()];
  await repeat(1_000_000, telling);
  expect((await used()) - before).toBeLessThan(2 ** 20);
  // The test runner's own may end meanwhile.
  expect(timers()).toBeLessThanOrEqual(timersBefore);
});

test("an idle breaker takes at most 1.5 KB and no timer (opossum: 7.2 KB and 2 timers)", async () => {
  const before = [await used(), timers()] as const;
  const idle = Array.from({ length: 5_000 }, () => circuitBreaker());
  for (const breaker of idle) await breaker.execute(async () => {});
  const bytes = ((await used()) - before[0]) / idle.length;
  expect(bytes).toBeLessThan(1_536);
  expect(timers()).toBeLessThanOrEqual(before[1]);
  expect(idle.every(({ state }) => state === "closed")).toBe(true);
});

test("memory is flat over calls that listen to their signal under one caller's", async () => {
  const caller = new AbortController();
  // The engine's own tables grow at first.
  await repeat(100_000, listening, caller.signal);
  const before = await used();
  await repeat(50_000, listening, caller.signal);
  expect((await used()) - before).toBeLessThan(2 ** 19);
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
});
