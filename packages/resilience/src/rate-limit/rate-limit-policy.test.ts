import { getEventListeners } from "node:events";
import { PalimpsestError } from "@palimpsest/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallContext, type CallDetails, deriveCall, enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { rateLimit, type RateLimitOptions } from "./rate-limit-policy.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

const limited = (reason: string) =>
  expect.objectContaining({
    code: "E_RATE_LIMITED",
    message: expect.stringContaining(`(${reason})`),
    retryAfter: expect.any(Number),
  });

/** A policy and the times, from its start, at which calls got through. */
function watched(options: RateLimitOptions) {
  const policy = rateLimit({ jitter: 0, ...options });
  const start = Date.now();
  const passed: { name: string; at: number }[] = [];
  const call = (name: string, details: CallDetails = {}) =>
    policy.execute(async () => void passed.push({ name, at: Date.now() - start }), details);
  return { policy, passed, call, names: () => passed.map(({ name }) => name) };
}

const tooMany = (retryAfter?: string): Error =>
  Object.assign(new Error("429"), {
    statusCode: 429,
    responseHeaders: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  });

test("calls beyond the rate wait until the interval has room, one timer for all", async () => {
  const { policy, call, passed } = watched({ requests: 2, interval: 60_000 });
  const calls = ["a", "b", "c", "d", "e"].map((name) => call(name));
  await vi.advanceTimersByTimeAsync(0);
  expect([passed.length, policy.waiting, vi.getTimerCount()]).toEqual([2, 3, 1]);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(passed.map(({ at }) => at)).toEqual([0, 0, 61_000, 61_000]);
  await vi.advanceTimersByTimeAsync(61_000);
  await Promise.all(calls);
  expect([passed.at(-1), policy.waiting, vi.getTimerCount()]).toEqual([
    { name: "e", at: 122_000 },
    0,
    0,
  ]);
});

test("tokens are limited besides calls", async () => {
  const { call, names } = watched({ requests: 100, tokens: 1_000 });
  void call("large", { tokens: 700 });
  void call("larger", { tokens: 400 });
  await vi.advanceTimersByTimeAsync(0);
  expect(names()).toEqual(["large"]);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(names()).toEqual(["large", "larger"]);
});

describe("settling by real usage", () => {
  test("gives back what was not used, and lets a waiter in at once", async () => {
    const { policy, call, names } = watched({ tokens: 1_000 });
    const request = await policy.execute(async (context) => context.request, { tokens: 900 });
    const next = call("next", { tokens: 500 });
    await vi.advanceTimersByTimeAsync(0);
    expect(names()).toEqual([]);
    request.report({ tokens: 300 });
    await vi.advanceTimersByTimeAsync(0);
    await next;
    expect(names()).toEqual(["next"]);
  });

  test("owes what was used beyond the estimate", async () => {
    const { policy, call, names } = watched({ tokens: 1_000 });
    await policy.execute(async ({ request }) => request.report({ tokens: 1_500 }), { tokens: 10 });
    void call("next", { tokens: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(names()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(names()).toEqual(["next"]);
  });

  test("sums the reports of one call, and passes them on to the request's ledger", async () => {
    const outer = enterCall(undefined);
    const { policy, call, names } = watched({ tokens: 100 });
    await policy.execute(async ({ request }) => {
      request.report({ tokens: 30, cost: 2 });
      request.report({ tokens: 30 });
    }, outer);
    expect(outer.request).toMatchObject({ tokens: 60, cost: 2 });
    void call("fits", { tokens: 40 });
    void call("does not", { tokens: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect(names()).toEqual(["fits"]);
  });

  test("calls that name no tokens reserve what calls have used lately", async () => {
    const { policy, call, names } = watched({ tokens: 1_000 });
    for (let round = 0; round < 60; round++) {
      await policy
        .execute(async ({ request }) => request.report({ tokens: 400 }), { tokens: 400 })
        .catch(() => {});
      await vi.advanceTimersByTimeAsync(61_000);
    }
    for (const name of ["1", "2", "3"]) void call(name);
    await vi.advanceTimersByTimeAsync(0);
    expect(names()).toEqual(["1", "2"]);
  });
});

const by = (ms: number): CallContext =>
  deriveCall(enterCall(undefined), { deadline: Date.now() + ms });

describe("a call that cannot make it", () => {
  test("fails at once when its deadline is too near, with the time to come back", async () => {
    const events: ResilienceEvent[] = [];
    const { policy, call } = watched({ requests: 1, on: (event) => void events.push(event) });
    await call("first");
    const error = await failureOf(policy.execute(async () => {}, by(30_000)));
    expect(error).toEqual(limited("deadline"));
    expect(error).toMatchObject({ retryAfter: 61_000 });
    expect(events).toEqual([{ type: "rate-limit-rejected", retryAfter: 61_000 }]);
  });

  test("fails at once behind a queue that is too long for it", async () => {
    const { policy, call } = watched({ requests: 1 });
    for (let waiter = 0; waiter < 4; waiter++) void call(String(waiter));
    expect(await failureOf(policy.execute(async () => {}, by(3 * 60_000)))).toMatchObject({
      retryAfter: 3 * 60_000 + 61_000,
    });
    expect(policy.waiting).toBe(3);
  });

  test("fails when it has waited as long as one may", async () => {
    const { call, policy } = watched({ requests: 1, maxWait: 61_500 });
    await call("first");
    const other = call("other", { tenant: "b" });
    const waited = failureOf(call("waits", { tenant: "a" }));
    await vi.advanceTimersByTimeAsync(61_500);
    await other;
    expect(await waited).toEqual(limited("waited"));
    expect(policy.waiting).toBe(0);
  });

  test("fails when the queue is full, and when it is a hedge", async () => {
    const { policy, call } = watched({ requests: 1, queue: 1 });
    await call("first");
    void call("waits");
    expect(await failureOf(call("more"))).toEqual(limited("queue-full"));
    const hedge = deriveCall(enterCall(undefined), { hedge: 1 });
    expect(await failureOf(policy.execute(async () => {}, hedge))).toEqual(limited("hedge"));
  });

  test("is refused when no interval has as many tokens", async () => {
    const { call } = watched({ tokens: 100 });
    expect(await failureOf(call("huge", { tokens: 101 }))).toMatchObject({
      code: "E_INVALID_INPUT",
    });
  });

  test("leaves at once when its caller aborts; whoever is next has its turn", async () => {
    const { policy, call, names } = watched({ requests: 1 });
    const caller = new AbortController();
    await call("first");
    const left = failureOf(call("left", { signal: caller.signal }));
    void call("next");
    await vi.advanceTimersByTimeAsync(0);
    caller.abort("gone");
    expect(await left).toMatchObject({ code: "E_ABORTED", cause: "gone" });
    expect([policy.waiting, getEventListeners(caller.signal, "abort")]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(names()).toEqual(["first", "next"]);
  });
});

test("a higher priority that comes later goes first", async () => {
  const { call, names } = watched({ requests: 1 });
  await call("first");
  void call("usual");
  await vi.advanceTimersByTimeAsync(100);
  void call("urgent", { priority: 1 });
  await vi.advanceTimersByTimeAsync(61_000);
  expect(names()).toEqual(["first", "urgent"]);
});

describe("a cool-down", () => {
  test("after a 429 holds for every caller, as long as the upstream asks", async () => {
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

  test("that comes second extends the first, and a shorter one does not end it", async () => {
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

  test("lasts a default time when a 429 names none; other errors cause none", async () => {
    const { policy, call, passed } = watched({ requests: 100, coolDown: 500 });
    await failureOf(policy.execute(() => Promise.reject(new Error("bug"))));
    await call("at once");
    await failureOf(policy.execute(() => Promise.reject(tooMany())));
    void call("later");
    await vi.advanceTimersByTimeAsync(500);
    expect(passed.map(({ at }) => at)).toEqual([0, 500]);
  });

  test("is not caused by a refusal of this side", async () => {
    const { policy, call } = watched({ requests: 100 });
    const refusal = new PalimpsestError("E_RATE_LIMITED", "an inner limit", { retryAfter: 9_000 });
    await failureOf(policy.execute(() => Promise.reject(refusal)));
    await expect(call("at once")).resolves.toBeUndefined();
  });

  test("ends for each process at another time within its jitter", async () => {
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
});

test("whatever comes when: no interval sees more calls or tokens than the limits, and every caller settles", async () => {
  const arrivals = fc.array(
    fc.record({
      gap: fc.nat({ max: 400 }),
      tokens: fc.integer({ min: 1, max: 50 }),
      /** Part of the reservation that is really used. */
      used: fc.integer({ min: 1, max: 10 }),
      tenant: fc.constantFrom("a", "b"),
      leaves: fc.option(fc.nat({ max: 900 }), { nil: undefined }),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(arrivals, async (steps) => {
      const interval = 1_000;
      const policy = rateLimit({ requests: 3, tokens: 60, interval, queue: 50 });
      const passed: { at: number; tokens: number }[] = [];
      let settled = 0;
      for (const { gap, tokens, used, tenant, leaves } of steps) {
        await vi.advanceTimersByTimeAsync(gap);
        const caller = new AbortController();
        if (leaves !== undefined) setTimeout(() => caller.abort(), leaves);
        const call = policy.execute(
          async ({ request }) => {
            const real = Math.ceil((tokens * used) / 10);
            passed.push({ at: Date.now(), tokens: real });
            request.report({ tokens: real });
          },
          { signal: caller.signal, tokens, tenant },
        );
        void call.then(
          () => (settled += 1),
          () => (settled += 1),
        );
      }
      await vi.advanceTimersByTimeAsync(60_000);
      expect([settled, policy.waiting]).toEqual([steps.length, 0]);
      for (const { at } of passed) {
        const within = passed.filter((each) => each.at >= at && each.at < at + interval);
        expect(within.length).toBeLessThanOrEqual(3);
        expect(within.reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(60);
      }
    }),
    { numRuns: 60 },
  );
});

test.each([{}, { requests: 0 }, { requests: 1, interval: 0 }, { tokens: 1, jitter: 2 }])(
  "options of %o are refused",
  (options) => {
    expect(() => rateLimit(options)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  },
);
