import { PalimpsestError } from "@palimpsest/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureOf } from "../fixtures/failure-of.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { watched } from "./fixtures/watched.ts";
import { LocalAllowance } from "./local-allowance.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

const tooMany = (retryAfter?: string): Error =>
  Object.assign(new Error("429"), {
    statusCode: 429,
    responseHeaders: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  });

test("after a 429 a cool-down holds for every caller, as long as the upstream asks", async () => {
  const events: ResilienceEvent[] = [];
  const { policy, call, passed } = watched({
    requests: 100,
    on: (event) => void events.push(event),
  });
  await failureOf(policy.execute(() => Promise.reject(tooMany("7"))));
  expect(events).toEqual([{ type: "cool-down", until: Date.now() + 7_000 }]);
  const calls = [call("a", { tenant: "a" }), call("b", { tenant: "b" })];
  await vi.advanceTimersByTimeAsync(7_000);
  await Promise.all(calls);
  expect(passed.map(({ at }) => at)).toEqual([7_000, 7_000]);
  expect(events.at(-1)).toEqual({ type: "rate-limit-waited", wait: 7_000 });
});

test("one that comes second extends the first, and a shorter one does not end it", async () => {
  const { policy, call, passed } = watched({ requests: 100 });
  const now = Date.now();
  await policy.coolDown(now + 5_000);
  void call("waits");
  await vi.advanceTimersByTimeAsync(1_000);
  await policy.coolDown(now + 9_000);
  await policy.coolDown(now + 2_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(passed).toEqual([{ name: "waits", at: 9_000 }]);
});

test("it lasts a default time when a 429 names none; other errors cause none", async () => {
  const { policy, call, passed } = watched({ requests: 100, coolDown: 500 });
  await failureOf(policy.execute(() => Promise.reject(new Error("bug"))));
  await call("at once");
  await failureOf(policy.execute(() => Promise.reject(tooMany())));
  void call("later");
  await vi.advanceTimersByTimeAsync(500);
  expect(passed.map(({ at }) => at)).toEqual([0, 500]);
});

test("it is not caused by a refusal of this side", async () => {
  const { policy, call } = watched({ requests: 100 });
  const refusal = new PalimpsestError("E_RATE_LIMITED", "an inner limit", { retryAfter: 9_000 });
  await failureOf(policy.execute(() => Promise.reject(refusal)));
  await expect(call("at once")).resolves.toBeUndefined();
});

test("it ends for each process at another time within its jitter", async () => {
  const ends = new Set<number>();
  for (let process = 0; process < 20; process++) {
    const { policy, call, passed } = watched({ requests: 100, jitter: 0.1 });
    await policy.coolDown(Date.now() + 10_000);
    void call("back");
    await vi.advanceTimersByTimeAsync(12_000);
    ends.add(passed[0]!.at);
  }
  expect(Math.min(...ends)).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...ends)).toBeLessThanOrEqual(11_000);
  expect(ends.size).toBeGreaterThan(10);
});

test("it lasts no longer than the longest cool-down, whatever a 429 asks for", async () => {
  for (const [options, end] of [
    [{}, 300_000],
    [{ maximumCoolDown: 2_000 }, 2_000],
  ] as const) {
    const { policy, call, passed } = watched({ requests: 100, ...options });
    await failureOf(policy.execute(() => Promise.reject(tooMany("86400"))));
    void call("back");
    await vi.advanceTimersByTimeAsync(end);
    expect(passed).toEqual([{ name: "back", at: end }]);
  }
});

test.each([Number.NaN, Infinity])("an end of %d is refused and ends nothing", async (until) => {
  const { policy, call, passed } = watched({ requests: 100 });
  await policy.coolDown(Date.now() + 1_000);
  await expect(policy.coolDown(until)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  void call("back");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(passed).toEqual([{ name: "back", at: 1_000 }]);
});

test("a clock that was set back by an hour makes it no longer", () => {
  let now = 3_600_000;
  const allowance = new LocalAllowance({ requests: 100 }, { now: () => now });
  allowance.coolDown(now + 5_000);
  expect(allowance.leastWait(1, 0)).toBe(5_000);
  now = 1_000;
  expect(allowance.leastWait(1, 0)).toBe(5_000);
  now = 500;
  allowance.coolDown(9_000);
  expect(allowance.leastWait(1, 0)).toBe(8_500);
});
