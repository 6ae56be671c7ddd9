import { EventEmitter, getEventListeners, once } from "node:events";
import { type KeyValueStore, PalimpsestError } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureOf } from "../fixtures/failure-of.ts";
import { rateLimit, type RateLimitPolicy } from "./rate-limit-policy.ts";
import { SharedAllowance } from "./shared-allowance.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

/** @param ahead - milliseconds that the process's clock is ahead of the others' */
const policyOver = (
  store: KeyValueStore,
  limits: { requests?: number; tokens?: number },
  ahead = 0,
) => {
  const clock = { now: () => Date.now() + ahead };
  const name = "openai:gpt";
  return rateLimit({
    jitter: 0,
    clock,
    allowance: new SharedAllowance({ store, name, interval: 1_000, clock, ...limits }),
  });
};

test("two processes share one rate", async () => {
  const store = new MemoryKeyValueStore();
  const fleet = [policyOver(store, { requests: 3 }), policyOver(store, { requests: 3 })];
  const start = Date.now();
  const passed: number[] = [];
  for (let call = 0; call < 6; call++) {
    void fleet[call % 2]!.execute(async () => void passed.push(Date.now() - start));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(passed).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1_300);
  expect(passed).toHaveLength(6);
  expect(passed[3]).toBeGreaterThanOrEqual(1_000);
});

test("what a process counts whose clock is ahead, by less than a slice, counts for the others", async () => {
  const store = new MemoryKeyValueStore();
  const ahead = policyOver(store, { requests: 1 }, 99);
  const behind = policyOver(store, { requests: 1 });
  await vi.advanceTimersByTimeAsync(50);
  await ahead.execute(async () => {});
  let passed = false;
  void behind.execute(async () => (passed = true));
  await vi.advanceTimersByTimeAsync(900);
  expect(passed).toBe(false);
  await vi.advanceTimersByTimeAsync(400);
  expect(passed).toBe(true);
});

test("whatever the processes do, with clocks up to a slice apart: no interval sees more than the limits", async () => {
  const arrivals = fc.array(
    fc.record({
      gap: fc.nat({ max: 300 }),
      process: fc.nat({ max: 2 }),
      tokens: fc.integer({ min: 1, max: 40 }),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(arrivals, async (steps) => {
      const store = new MemoryKeyValueStore();
      const fleet = [0, 50, 99].map((ahead) =>
        policyOver(store, { requests: 3, tokens: 60 }, ahead),
      );
      const passed: { at: number; tokens: number }[] = [];
      let settled = 0;
      for (const { gap, process, tokens } of steps) {
        await vi.advanceTimersByTimeAsync(gap);
        void fleet[process]!.execute(async () => void passed.push({ at: Date.now(), tokens }), {
          tokens,
        }).finally(() => (settled += 1));
      }
      await vi.advanceTimersByTimeAsync(90_000);
      expect(settled).toBe(steps.length);
      for (const { at } of passed) {
        const within = passed.filter((each) => each.at >= at && each.at < at + 1_000);
        expect(within.length).toBeLessThanOrEqual(3);
        expect(within.reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(60);
      }
    }),
    { numRuns: 40 },
  );
});

test("tokens that were not used are given back to the fleet", async () => {
  const store = new MemoryKeyValueStore();
  const [one, other] = [policyOver(store, { tokens: 100 }), policyOver(store, { tokens: 100 })];
  await one.execute(async ({ request }) => request.report({ tokens: 20 }), { tokens: 100 });
  await vi.advanceTimersByTimeAsync(0);
  await expect(other.execute(async () => "at once", { tokens: 80 })).resolves.toBe("at once");
});

test("a cool-down reaches the whole fleet, and the latest of all holds", async () => {
  const store = new MemoryKeyValueStore();
  const [one, other, third] = [1, 2, 3].map(() => policyOver(store, { requests: 50 }));
  const start = Date.now();
  await Promise.all([one!.coolDown(start + 9_000), other!.coolDown(start + 4_000)]);
  let passedAt: number | undefined;
  void third!.execute(async () => (passedAt = Date.now() - start));
  await vi.advanceTimersByTimeAsync(8_999);
  expect(passedAt).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(passedAt).toBe(9_000);
});

test("a caller who leaves while the store answers leaves at once, and gives its place back", async () => {
  const store = new MemoryKeyValueStore();
  const policy = policyOver(store, { requests: 1 });
  const getMany = store.getMany.bind(store);
  const answers = new EventEmitter();
  vi.spyOn(store, "getMany").mockImplementationOnce(async (keys) => {
    await once(answers, "answer");
    return getMany(keys);
  });
  const caller = new AbortController();
  const left = failureOf(policy.execute(async () => {}, caller.signal));
  await vi.advanceTimersByTimeAsync(5);
  caller.abort("gone");
  expect(await left).toMatchObject({ code: "E_ABORTED" });
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  answers.emit("answer");
  await vi.advanceTimersByTimeAsync(0);
  await expect(policy.execute(async () => "next")).resolves.toBe("next");
});

test("what the store answers too late holds no more, and the call is counted anew, or fails", async () => {
  const store = new MemoryKeyValueStore();
  const stalls = vi.fn((): number => 0);
  const getMany = store.getMany.bind(store);
  vi.spyOn(store, "getMany").mockImplementation(async (keys) => {
    const found = await getMany(keys);
    await new Promise((resolve) => setTimeout(resolve, stalls()));
    return found;
  });
  const [one, other] = [policyOver(store, { requests: 2 }), policyOver(store, { requests: 2 })];
  const passed: number[] = [];
  const call = (policy: RateLimitPolicy) =>
    policy.execute(async () => void passed.push(Date.now()));
  const start = Date.now();
  // Counted before the stall, and answered when its count is out of the others' sight.
  stalls.mockReturnValueOnce(1_400).mockReturnValueOnce(1_400);
  const calls = [call(one), call(one)];
  await vi.advanceTimersByTimeAsync(1_390);
  calls.push(call(other), call(other));
  await vi.advanceTimersByTimeAsync(5_000);
  await Promise.all(calls);
  expect(passed.filter((at) => at < start + 2_390)).toHaveLength(2);

  stalls.mockReturnValue(101);
  const slow = failureOf(call(one));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await slow).toMatchObject({
    code: "E_UNAVAILABLE",
    message: expect.stringContaining("longer than 100 ms"),
  });
});

test("a store that fails lets nobody through: its error is the caller's, also of one that waits", async () => {
  const store = new MemoryKeyValueStore();
  const policy = policyOver(store, { requests: 1 });
  await policy.execute(async () => {});
  const waits = failureOf(policy.execute(async () => {}));
  await vi.advanceTimersByTimeAsync(0);
  const down = new PalimpsestError("E_UNAVAILABLE", "the server is gone");
  vi.spyOn(store, "increment").mockRejectedValue(down);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await waits).toBe(down);
  expect(await failureOf(policy.execute(async () => {}))).toBe(down);
  expect(policy.waiting).toBe(0);
});

test("an entry that holds no number is named as such", async () => {
  const store = new MemoryKeyValueStore();
  await store.set("openai:gpt:cool-down", new TextEncoder().encode("soon"));
  expect(await failureOf(policyOver(store, { requests: 1 }).execute(async () => {}))).toMatchObject(
    { code: "E_CORRUPT" },
  );
});
