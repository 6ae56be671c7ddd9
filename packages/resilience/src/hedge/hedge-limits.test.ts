import { PalimpsestError } from "@palimpsest/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bulkhead } from "../bulkhead/bulkhead-policy.ts";
import { deriveCall, enterCall } from "../call.ts";
import { ample, deployments, settle, status, wait } from "./fixtures/deployments.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import { hedge } from "./hedge-policy.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

describe("no hedge is sent", () => {
  test("while a limit on this side is full: the hedge is refused, the primary goes on, the budget is kept", async () => {
    const budget = new HedgeBudget({ ratio: 1 });
    const { policy, events } = ample({ budget });
    const limit = bulkhead({ limit: 1 });
    const { operation, hedges } = deployments({ ms: 500 });
    const answer = policy.execute((call) => limit.execute(operation, call));
    expect(await settle(answer)).toMatchObject({ value: "answer 0" });
    expect(hedges()).toBe(0);
    expect(events.at(-1)).toEqual({ type: "hedge-refused", reason: "overloaded" });
    expect(budget.withdraw()).toBe(true);
  });

  test("when the primary fails behind a limit that is full, the caller sees the primary's error", async () => {
    const failure = status(500);
    const full = new PalimpsestError("E_CIRCUIT_OPEN", "open");
    const { operation } = deployments({ ms: 10, error: failure }, { ms: 0, error: full });
    expect(await settle(ample().policy.execute(operation))).toMatchObject({ reason: failure });
  });

  test("while `mayHedge` says no, beyond the deadline, and when the caller has left", async () => {
    const { policy, events } = ample({ mayHedge: () => false });
    const { operation, hedges } = deployments({ ms: 500 });
    expect(await settle(policy.execute(operation))).toMatchObject({ value: "answer 0" });
    const late = ample();
    const outer = deriveCall(enterCall(undefined), { deadline: Date.now() + 50 });
    expect(await settle(late.policy.execute(operation, outer))).toMatchObject({
      value: "answer 0",
    });
    const left = ample();
    const caller = new AbortController();
    const deaf = left.policy.execute(
      () => new Promise((resolve) => setTimeout(resolve, 500)),
      caller.signal,
    );
    caller.abort();
    await settle(deaf);
    expect(hedges()).toBe(1); // Two calls, both primary.
    const reasons = [events, late.events, left.events].flat().map((event) => event);
    expect(reasons).toEqual([
      { type: "hedge-refused", reason: "overload" },
      { type: "hedge-refused", reason: "deadline" },
      { type: "hedge-refused", reason: "aborted" },
    ]);
  });

  test("beyond the budget", async () => {
    const { operation, calls } = deployments({ ms: 5_000 }, { ms: 10 });
    const { policy, events } = ample({ budget: 0.05 });
    const answers = Array.from({ length: 40 }, () => policy.execute(operation));
    await settle(Promise.all(answers));
    expect(calls.filter((call) => call.hedge > 0)).toHaveLength(2);
    expect(events.filter(({ type }) => type === "hedge-refused")).toHaveLength(38);
  });
});

describe("the request's ledger", () => {
  test("is charged the upper bound of a lost attempt, and what the winner reports", async () => {
    const { policy } = ample({ loserUsage: () => ({ cost: 5, tokens: 1_000 }) });
    const outer = enterCall(undefined);
    const answer = policy.execute(async (call) => {
      await wait(call.hedge === 0 ? 9_000 : 10, call.signal);
      call.request.report({ cost: 1, tokens: 200 });
      return call.hedge;
    }, outer);
    expect(await settle(answer)).toMatchObject({ value: 1 });
    expect(outer.request).toMatchObject({ cost: 6, tokens: 1_200 });
  });

  test.each([
    [
      "its estimate, when the caller gave one",
      { cost: 5, tokens: 1_000 },
      { cost: 6, tokens: 1_200 },
    ],
    [
      "what it reports, when there is no estimate of its cost",
      { tokens: 1_000 },
      { cost: 4, tokens: 300 },
    ],
  ])("is charged for a lost attempt: %s", async (_, details, charged) => {
    const outer = enterCall(details);
    const answer = ample().policy.execute(async (call) => {
      try {
        await wait(call.hedge === 0 ? 9_000 : 10, call.signal);
      } catch {
        call.request.report({ cost: 3, tokens: 100 });
        throw new Error("cancelled");
      }
      call.request.report({ cost: 1, tokens: 200 });
      return call.hedge;
    }, outer);
    expect(await settle(answer)).toMatchObject({ value: 1 });
    expect(outer.request).toMatchObject(charged);
  });

  test("a ceiling of calls refuses the hedge and leaves the primary alone", async () => {
    const { policy, events } = ample();
    const answer = policy.execute(async (call) => {
      if (call.hedge > 0) throw new PalimpsestError("E_BUDGET_EXCEEDED", "calls (1)");
      await wait(500, call.signal);
      return "primary";
    });
    expect(await settle(answer)).toMatchObject({ value: "primary" });
    expect(events.at(-1)).toEqual({ type: "hedge-refused", reason: "budget" });
  });
});

describe("a function of the application's that throws fails the call, and cancels what runs", () => {
  const bug = new TypeError("x is undefined");
  const throwing = (): never => {
    throw bug;
  };

  test.each([
    ["mayHedge", { mayHedge: throwing }, [{ ms: 9_000 }], [true]],
    ["loserUsage", { loserUsage: throwing }, [{ ms: 9_000 }, { ms: 50 }], [true, true]],
    ["classify", { classify: throwing }, [{ ms: 10, error: status(500) }], [false]],
    [
      "isFatal",
      { isFatal: throwing },
      [{ ms: 500 }, { ms: 10, error: status(500) }],
      [true, false],
    ],
  ])("%s", async (_, options, answers, aborted) => {
    const { operation, calls } = deployments(...answers);
    expect(await settle(ample(options).policy.execute(operation))).toEqual({
      status: "rejected",
      reason: bug,
    });
    expect(calls.map(({ signal }) => signal.aborted)).toEqual(aborted);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("whatever the deployments do: one outcome each, extra calls within the budget, no timer left", async () => {
  const answer = fc.record({
    ms: fc.nat({ max: 600 }),
    token: fc.option(fc.nat({ max: 300 }), { nil: undefined }),
    code: fc.constantFrom(undefined, undefined, undefined, 500, 429, 400),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(answer, answer, answer), { maxLength: 60 }),
      async (plans) => {
        const policy = hedge({ delay: 100, maxHedges: 2, budget: 0.2 });
        let upstreamCalls = 0;
        let settled = 0;
        for (const plan of plans) {
          const call = policy.execute(async (context) => {
            upstreamCalls += 1;
            const { ms, token, code } = plan[context.hedge]!;
            if (token !== undefined) {
              await wait(token, context.signal);
              context.onToken();
            }
            await wait(ms, context.signal);
            if (code !== undefined) throw status(code);
          });
          void call.then(
            () => (settled += 1),
            () => (settled += 1),
          );
          await vi.advanceTimersByTimeAsync(37);
        }
        await vi.advanceTimersByTimeAsync(5_000);
        expect(settled).toBe(plans.length);
        expect(upstreamCalls).toBeLessThanOrEqual(plans.length * 1.2 + 1e-6);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
