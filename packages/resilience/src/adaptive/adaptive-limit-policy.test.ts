import { PalimpsestError } from "@palimpsest/core";
import { TestClock } from "@palimpsest/core/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CallContext } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { adaptiveLimit } from "./adaptive-limit-policy.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for all, in time that passes only for them. */
async function settled(calls: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = Promise.allSettled(calls);
  await vi.runAllTimersAsync();
  await outcomes;
}

const status = (statusCode: number): Error =>
  Object.assign(new Error(`HTTP ${statusCode}`), { statusCode });

/** An upstream that refuses what is beyond its capacity. */
function upstream(capacity: number) {
  let running = 0;
  return async (): Promise<void> => {
    running += 1;
    try {
      if (running > capacity) throw status(429);
      await sleep(1);
    } finally {
      running -= 1;
    }
  };
}

test("grows from its start to what the upstream bears, and stays near it", async () => {
  const policy = adaptiveLimit({ initial: 4, maximum: 500 });
  const call = upstream(30);
  for (let wave = 0; wave < 60; wave++) {
    await settled(Array.from({ length: 60 }, () => policy.execute(call)));
  }
  expect(policy.limit).toBeGreaterThanOrEqual(15);
  expect(policy.limit).toBeLessThanOrEqual(40);
});

const failing = async () => {
  await sleep(1);
  throw status(529);
};

test("lowers its limit by a tenth for one overload, however many calls were under way", async () => {
  const events: ResilienceEvent[] = [];
  const policy = adaptiveLimit({ initial: 20, on: (event) => void events.push(event) });
  await settled(Array.from({ length: 20 }, () => policy.execute(failing)));
  expect(policy.limit).toBe(18);
  expect(events).toEqual([{ type: "limit-changed", from: 20, to: 18 }]);
});

test.each([
  ["HTTP 429", status(429), true],
  ["HTTP 529", status(529), true],
  ["a timeout", new PalimpsestError("E_TIMEOUT", "late"), true],
  ["HTTP 400", status(400), false],
  ["a bug", new TypeError("x is undefined"), false],
  ["a local queue that is full", new PalimpsestError("E_OVERLOADED", "full"), false],
])("%s lowers the limit: %#", async (_, error, lowers) => {
  const policy = adaptiveLimit({ initial: 10 });
  expect(await failureOf(policy.execute(() => Promise.reject(error)))).toBe(error);
  expect(policy.limit).toBe(lowers ? 9 : 10);
});

test("never leaves its bounds", async () => {
  const policy = adaptiveLimit({ initial: 3, minimum: 2, maximum: 4 });
  for (let call = 0; call < 20; call++) {
    await failureOf(policy.execute(() => Promise.reject(status(429))));
  }
  expect(policy.limit).toBe(2);
  const busy = Array.from({ length: 40 }, () => policy.execute(() => sleep(1)));
  await settled(busy);
  await Promise.all(busy);
  expect(policy.limit).toBe(4);
});

test("waiters get in as the limit grows, and never more than the limit run", async () => {
  const policy = adaptiveLimit({ initial: 1, maximum: 8 });
  let running = 0;
  let most = 0;
  const calls = Array.from({ length: 40 }, () =>
    policy.execute(async () => {
      running += 1;
      most = Math.max(most, running);
      expect(running).toBeLessThanOrEqual(8);
      await sleep(1);
      running -= 1;
    }),
  );
  await settled(calls);
  await Promise.all(calls);
  expect([most, policy.limit, policy.running, policy.waiting]).toEqual([8, 8, 0, 0]);
});

test("with a gradient, late first tokens lower the limit; long outputs do not", async () => {
  const clock = new TestClock();
  const policy = adaptiveLimit({ initial: 2, maximum: 50, gradient: { queue: 0 }, clock });
  const call = (firstToken: number, output: number) => async (context: CallContext) => {
    clock.advance(firstToken);
    context.onToken();
    clock.advance(output);
  };
  for (let usual = 0; usual < 30; usual++) {
    await Promise.all([1, 2].map(() => policy.execute(call(100, 100))));
  }
  const before = policy.limit;
  await Promise.all([1, 2].map(() => policy.execute(call(100, 60_000))));
  expect(policy.limit).toBe(before);
  await Promise.all([1, 2].map(() => policy.execute(call(5_000, 100))));
  expect(policy.limit).toBeLessThan(before);
});

test("a token reaches the policies around", async () => {
  let tokens = 0;
  const policy = adaptiveLimit();
  const outer = adaptiveLimit();
  await outer.execute((call) =>
    policy.execute(async ({ onToken }) => onToken(), {
      ...call,
      signal: call.signal,
      onToken: () => (tokens += 1),
    }),
  );
  expect(tokens).toBe(1);
});

test.each([
  { minimum: 0 },
  { minimum: 5, maximum: 4 },
  { initial: 300 },
  { queue: -1 },
  { maxWait: 0 },
])("options of %o are refused", (options) => {
  expect(() => adaptiveLimit(options)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});
