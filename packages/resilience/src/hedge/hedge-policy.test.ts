import { PalimpsestError } from "@palimpsest/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import { ample, deployments, settle, status } from "./fixtures/deployments.ts";
import { hedge } from "./hedge-policy.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

describe("by delay", () => {
  test("a call that answers in time is not hedged", async () => {
    const { operation, hedges } = deployments({ ms: 90 });
    const { policy } = ample();
    expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 0" });
    expect([hedges(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("a call that stalls is hedged to another deployment, and cancelled when that is first", async () => {
    const { operation, calls } = deployments({ ms: 10_000 }, { ms: 50 });
    const { policy, events } = ample();
    expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 1" });
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(events).toEqual([
      { type: "hedge", hedge: 1, delay: 100 },
      { type: "hedge-won", hedge: 1 },
    ]);
  });

  test("the primary wins when its answer comes first, and the hedge is cancelled", async () => {
    const { operation, calls } = deployments({ ms: 150 }, { ms: 500 });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ value: "answer 0" });
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, true]);
  });

  test("further hedges follow after the same delay, up to their number", async () => {
    const { operation, calls } = deployments({ ms: 9_000 }, { ms: 9_000 }, { ms: 10 });
    const { policy, events } = ample({ maxHedges: 2 });
    await policy.execute(async () => "pays for one hedge more");
    expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 2" });
    expect(calls).toHaveLength(3);
    expect(events.filter(({ type }) => type === "hedge")).toEqual([
      { type: "hedge", hedge: 1, delay: 100 },
      { type: "hedge", hedge: 2, delay: 100 },
    ]);
  });
});

describe("on the first token", () => {
  test("0 hedges when the output is long: the first token came in time", async () => {
    const { operation, hedges } = deployments({ ms: 50_000, token: 60 });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ value: "answer 0" });
    expect(hedges()).toBe(0);
  });

  test("the attempt with the first token wins, though another would end before it", async () => {
    const { operation } = deployments({ ms: 1_000, token: 900 }, { ms: 5_000, token: 50 });
    const onToken = vi.fn();
    const outer = deriveCall(enterCall(undefined), { onToken });
    const answer = ample().policy.execute(operation, outer);
    expect(await settle(answer)).toMatchObject({ value: "answer 1" });
    expect(onToken).toHaveBeenCalledOnce();
  });

  test("what happens to the attempt after its first token is the caller's: nothing else is tried", async () => {
    const failure = status(500);
    const { operation, hedges } = deployments({ ms: 300, token: 60, error: failure });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ reason: failure });
    expect(hedges()).toBe(0);
  });

  test("a token of a cancelled attempt that comes late is nobody's", async () => {
    const onToken = vi.fn();
    const outer = deriveCall(enterCall(undefined), { onToken });
    const answer = ample().policy.execute(async (call) => {
      // The primary is deaf to its signal.
      await new Promise((resolve) => setTimeout(resolve, call.hedge === 0 ? 1_000 : 10));
      call.onToken();
      return call.hedge;
    }, outer);
    expect(await settle(answer)).toMatchObject({ value: 1 });
    expect(onToken).toHaveBeenCalledOnce();
  });
});

describe("errors", () => {
  test("one that may pass sends the next hedge at once", async () => {
    const { operation, calls } = deployments({ ms: 10, error: status(500) }, { ms: 20 });
    const { policy, events } = ample();
    expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 1" });
    expect(calls).toHaveLength(2);
    expect(events[0]).toEqual({ type: "hedge", hedge: 1, delay: 0 });
  });

  test("a fatal one cancels all attempts and is the caller's", async () => {
    const failure = status(400);
    const { operation, calls } = deployments({ ms: 9_000 }, { ms: 20, error: failure });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ reason: failure });
    expect(calls[0]!.signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([429, 503, 529])(
    "HTTP %i of the primary sends no hedge: less load is asked for",
    async (code) => {
      const failure = status(code);
      const { operation, hedges } = deployments({ ms: 10, error: failure }, { ms: 10 });
      expect(await settle(ample().policy.execute(operation))).toMatchObject({ reason: failure });
      expect(hedges()).toBe(0);
    },
  );

  test("when all fail the latest error of an upstream is the caller's", async () => {
    const [first, second] = [status(500), status(502)];
    const { operation } = deployments({ ms: 400, error: first }, { ms: 10, error: second });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ reason: first });
    const swapped = deployments({ ms: 10, error: first }, { ms: 400, error: second });
    expect(await settle(ample().policy.execute(swapped.operation))).toMatchObject({
      reason: second,
    });
  });

  test("an operation that throws before its promise is a failed attempt", async () => {
    const failure = status(400);
    const thrown = ample().policy.execute(() => {
      throw failure;
    });
    expect(await failureOf(thrown)).toBe(failure);
  });
});

const usual = async (policy: ReturnType<typeof hedge>, calls: number, ms: number) => {
  const { operation } = deployments({ ms });
  for (let call = 0; call < calls; call++) {
    const answer = policy.execute(operation);
    await vi.advanceTimersByTimeAsync(ms);
    await answer;
  }
  await vi.advanceTimersByTimeAsync(1_000);
};

describe("by percentile", () => {
  test("nothing is hedged before enough first tokens are known", async () => {
    const { policy } = ample({ delay: { minimumCalls: 20 } });
    await usual(policy, 19, 200);
    expect(policy.delay).toBeUndefined();
    await usual(policy, 1, 200);
    expect(policy.delay).toBeGreaterThan(200);
  });

  test("where all are alike nobody is late: the delay is at least one and a half medians", async () => {
    const { policy } = ample({ delay: {} });
    await usual(policy, 30, 200);
    expect(policy.delay).toBeGreaterThanOrEqual(300);
    expect(policy.delay).toBeLessThanOrEqual(310);
  });

  test("the delay follows the window, and a lost primary counts with what it took", async () => {
    const { policy } = ample({
      delay: { percentile: 0.5, medians: 1, window: 60_000, minimumCalls: 1 },
    });
    await usual(policy, 3, 200);
    const { operation } = deployments({ ms: 60_000 }, { ms: 800 });
    const lost = policy.execute(operation);
    await vi.advanceTimersByTimeAsync(1_100);
    await lost;
    expect(policy.delay).toBeCloseTo(203, -1);
    await vi.advanceTimersByTimeAsync(80_000);
    expect(policy.delay).toBeUndefined();
  });
});

test("what a hedge took after the primary had failed says nothing about first tokens", async () => {
  const { operation } = deployments({ ms: 10, error: status(500) }, { ms: 500 });
  const { policy } = ample({ delay: { minimumCalls: 1 } });
  expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 1" });
  expect(policy.delay).toBeUndefined();
});

test("a cancelled attempt that goes on is named to the policies around", async () => {
  const held: Promise<unknown>[] = [];
  const outer = deriveCall(enterCall(undefined), { holdUntil: (work) => void held.push(work) });
  const answer = ample().policy.execute(async (call) => {
    await new Promise((resolve) => setTimeout(resolve, call.hedge === 0 ? 5_000 : 10));
    return call.hedge;
  }, outer);
  expect(await settle(answer)).toMatchObject({ value: 1 });
  expect(held).toHaveLength(1);
});

test("the caller's abort ends every attempt, with the caller's reason", async () => {
  const caller = new AbortController();
  const { operation, calls } = deployments({ ms: 9_000 }, { ms: 9_000 });
  const answer = failureOf(ample().policy.execute(operation, caller.signal));
  await vi.advanceTimersByTimeAsync(200);
  const reason = new PalimpsestError("E_ABORTED", "left");
  caller.abort(reason);
  expect(await answer).toBe(reason);
  expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

test.each([{ delay: -1 }, { delay: { percentile: 1 } }, { maxHedges: 0 }, { budget: 2 }])(
  "options of %o are refused",
  (options) => {
    expect(() => hedge(options)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  },
);
