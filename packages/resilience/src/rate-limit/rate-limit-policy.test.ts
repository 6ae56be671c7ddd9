import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallContext, deriveCall, enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { watched } from "./fixtures/watched.ts";
import { rateLimit } from "./rate-limit-policy.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

const limited = (reason: string) =>
  expect.objectContaining({
    code: "E_RATE_LIMITED",
    message: expect.stringContaining(`(${reason})`),
    retryAfter: expect.any(Number),
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
