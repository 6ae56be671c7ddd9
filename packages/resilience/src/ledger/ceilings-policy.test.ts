import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CallContext } from "../call.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import { ceilings, countedCall } from "./ceilings-policy.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const exceeded = (ceiling: string) =>
  expect.objectContaining({
    code: "E_BUDGET_EXCEEDED",
    message: expect.stringContaining(ceiling),
  });

/** As a retry would: again and again until something else than the upstream refuses. */
const retrying =
  (upstream: (call: CallContext) => Promise<never>) =>
  async (call: CallContext): Promise<never> => {
    for (;;) {
      const error: unknown = await countedCall(upstream)(call).catch((reason: unknown) => reason);
      if (error instanceof Error && "code" in error) throw error;
    }
  };

test("a request ends at its ceiling of calls, however often it is retried", async () => {
  const events: ResilienceEvent[] = [];
  const upstream = vi.fn(() => Promise.reject(new Error("down")));
  const policy = ceilings({ calls: 3, on: (event) => void events.push(event) });
  await expect(policy.execute(retrying(upstream))).rejects.toEqual(exceeded("calls (3)"));
  expect(upstream).toHaveBeenCalledTimes(3);
  expect(events).toEqual([{ type: "ceiling-reached", ceiling: "calls" }]);
});

test("a request ends at its ceiling of cost, lost calls included", async () => {
  const upstream = vi.fn((call: CallContext) => {
    call.request.report({ cost: 0.25 });
    return Promise.reject(new Error("down"));
  });
  await expect(ceilings({ cost: 1 }).execute(retrying(upstream))).rejects.toEqual(
    exceeded("cost (1)"),
  );
  expect(upstream).toHaveBeenCalledTimes(4);
});

test("a request ends at its ceiling of time, also while a call is under way", async () => {
  const call = ceilings({ time: 500 }).execute(() => new Promise<never>(() => {}));
  const outcome = failureOf(call);
  await vi.advanceTimersByTimeAsync(500);
  expect(await outcome).toEqual(exceeded("time (500 ms)"));
});

const two = async (call: CallContext) => {
  call.request.startCall();
  call.request.startCall();
  return call.request.calls;
};

test("every request has its own count; a request within another spends from both", async () => {
  const policy = ceilings({ calls: 2 });
  expect(await policy.execute(two)).toBe(2);
  expect(await policy.execute(two)).toBe(2);
  const nested = ceilings({ calls: 3 }).execute(async (call) => {
    await policy.execute(two, call);
    return policy.execute(two, call);
  });
  await expect(nested).rejects.toEqual(exceeded("calls (3)"));
});

const layer = (request: CallContext["request"]) =>
  ceilings({ calls: 5 }).execute(
    countedCall(async () => "answer"),
    { request },
  );

test("two layers that share a ledger by the call's details share its ceiling", async () => {
  const outcome = ceilings({ calls: 1 }).execute(async ({ request }) => {
    await layer(request);
    return layer(request);
  });
  await expect(outcome).rejects.toEqual(exceeded("calls (1)"));
});

describe("calls side by side under a ceiling of cost, each with an estimate", () => {
  const details = { cost: 0.4 };
  const refused = exceeded("cost (1)");

  /** Three at once, as hedges are. */
  const outcomes = (operation: (call: CallContext, index: number) => Promise<unknown>) =>
    ceilings({ cost: 1 }).execute(async (call) => {
      const run = (index: number) => countedCall((each) => operation(each, index))(call);
      const first = await Promise.allSettled([0, 1, 2].map(run));
      const then = await Promise.allSettled([run(3)]);
      return [...first, ...then].map((each) =>
        each.status === "fulfilled" ? each.value : (each.reason as unknown),
      );
    }, details);

  test("start while their estimates fit, and make room by what they really cost", async () => {
    const seen = await outcomes(async ({ request }, index) => {
      await Promise.resolve();
      request.report({ cost: 0.1 });
      return index;
    });
    expect(seen).toEqual([0, 1, refused, 3]);
  });

  test("that fail without a cost make room too", async () => {
    const down = new Error("down");
    const seen = await outcomes(async (_, index) => (index === 3 ? index : Promise.reject(down)));
    expect(seen).toEqual([down, down, refused, 3]);
  });

  test("that report no cost are counted at their estimates", async () => {
    expect(await outcomes(async (_, index) => index)).toEqual([0, 1, refused, refused]);
  });
});

test("the ceiling of time is a deadline that the calls within can see", async () => {
  const seen = await ceilings({ time: 500 }).execute(async ({ deadline, request }) => [
    deadline - Date.now(),
    request.remainingTime,
  ]);
  expect(seen).toEqual([500, 500]);
});

test("a ceiling that is no positive number is refused when the policy is made", () => {
  for (const wrong of [{ calls: 0 }, { cost: Number.NaN }, { time: -1 }]) {
    expect(() => ceilings(wrong)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  }
});
