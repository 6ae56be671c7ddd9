import { getEventListeners } from "node:events";
import OpossumBreaker from "opossum";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf } from "../fixtures/failure-of.ts";
import { type CallContext, deriveCall, enterCall } from "../call.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { timeout } from "./timeout-policy.ts";

const timedOut = (deadline: string) =>
  expect.objectContaining({ code: "E_TIMEOUT", message: expect.stringContaining(deadline) });

/** Settles after `ms`, or fails when its signal fires. */
const done = (ms: number, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("done"), ms);
    const leave = (): void => (clearTimeout(timer), reject(signal.reason));
    signal.addEventListener("abort", leave, { once: true });
  });
const work = (ms: number) => (call: CallContext) => done(ms, call.signal);
const never = (): Promise<never> => new Promise(() => {});

describe("under a fake clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a call in time returns its value and leaves no deadline", async () => {
    const policy = timeout({ total: 100, firstToken: 50, betweenTokens: 20 });
    await expect(policy.execute(async () => "done")).resolves.toBe("done");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a call that ignores its signal is left at the deadline all the same", async () => {
    const events: ResilienceEvent[] = [];
    const policy = timeout({ total: 100, on: (event) => void events.push(event) });
    const call = policy.execute(never);
    const outcome = failureOf(call);
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcome).toEqual(timedOut("total"));
    expect(events).toEqual([{ type: "timeout", deadline: "total", limit: 100 }]);
  });

  test("the signal fires with the same error, also for whoever asks for it late", async () => {
    let context: CallContext | undefined;
    const policy = timeout({ total: 100 });
    const call = policy.execute((inner) => {
      context = inner;
      return never();
    });
    const error = call.catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(100);
    expect(context?.signal.reason).toBe(await error);
  });

  test("the first token ends its deadline; the total one stays", async () => {
    const policy = timeout({ firstToken: 50, total: 200 });
    const late = failureOf(policy.execute(never));
    await vi.advanceTimersByTimeAsync(50);
    expect(await late).toEqual(timedOut("first-token"));
    const slow = policy.execute((call) => {
      call.onToken();
      return never();
    });
    const outcome = failureOf(slow);
    await vi.advanceTimersByTimeAsync(200);
    expect(await outcome).toEqual(timedOut("total"));
  });

  test("each token starts the deadline between tokens anew", async () => {
    const policy = timeout({ betweenTokens: 30 });
    const call = policy.execute(async (inner) => {
      for (let token = 0; token < 5; token++) {
        inner.onToken();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await new Promise((resolve) => setTimeout(resolve, 11));
      return "late";
    });
    const outcome = failureOf(call);
    await vi.advanceTimersByTimeAsync(200);
    expect(await outcome).toEqual(timedOut("between-tokens"));
  });

  test("tokens and deadlines reach the policies around", async () => {
    const onToken = vi.fn();
    const outer = deriveCall(enterCall(undefined), { deadline: Date.now() + 80, onToken });
    await timeout({ total: 100, betweenTokens: 40 }).execute(async (call) => {
      expect(call.deadline).toBe(outer.deadline);
      expect(call.betweenTokens).toBe(40);
      call.onToken();
    }, outer);
    expect(onToken).toHaveBeenCalledOnce();
  });

  test("work that goes on after its deadline is named to the policies around", async () => {
    const held: Promise<unknown>[] = [];
    const outer = deriveCall(enterCall(undefined), { holdUntil: (going) => void held.push(going) });
    const outcome = failureOf(timeout({ total: 10 }).execute(never, outer));
    await vi.advanceTimersByTimeAsync(10);
    expect(await outcome).toEqual(timedOut("total"));
    expect(held).toHaveLength(1);
  });

  test("an error of the operation passes unchanged, thrown or rejected", async () => {
    const policy = timeout({ total: 100 });
    const failure = new Error("upstream");
    await expect(policy.execute(() => Promise.reject(failure))).rejects.toBe(failure);
    const thrown = policy.execute(() => {
      throw failure;
    });
    await expect(thrown).rejects.toBe(failure);
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an operation without types may return a plain value", async () => {
    const policy = timeout({ total: 100 });
    // @ts-expect-error an operation returns a promise
    await expect(policy.execute(() => "plain")).resolves.toBe("plain");
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  test("the caller's abort reaches the operation with the caller's reason", async () => {
    const caller = new AbortController();
    const call = timeout({ total: 100 }).execute(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
      caller.signal,
    );
    caller.abort("left");
    await expect(call).rejects.toBe("left");
  });

  test("0 of 10 innocent calls are aborted by a call that times out; opossum's one controller aborts them all", async () => {
    const innocents = 10;
    const policy = timeout({ total: 60 });
    const slow = failureOf(policy.execute(never));
    await vi.advanceTimersByTimeAsync(40);
    const calls = Array.from({ length: innocents }, () => policy.execute(work(40)));
    await vi.advanceTimersByTimeAsync(40);
    expect(await slow).toEqual(timedOut("total"));
    expect(await Promise.all(calls)).toEqual(Array(innocents).fill("done"));

    const abortController = new AbortController();
    const run = (ms: number) => done(ms, abortController.signal);
    const opossum = new OpossumBreaker(run, { timeout: 60, abortController });
    const first = opossum.fire(1_000).catch(() => {});
    await vi.advanceTimersByTimeAsync(40);
    const others = Promise.allSettled(Array.from({ length: innocents }, () => opossum.fire(40)));
    await vi.advanceTimersByTimeAsync(40);
    const outcomes = await others;
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(innocents);
    await first;
    opossum.shutdown();
  });

  test("100,000 calls under one caller's signal leave no listener and no timer", async () => {
    const caller = new AbortController();
    const policy = timeout({ total: 30_000, betweenTokens: 5_000 });
    for (let call = 0; call < 100_000; call++) {
      await policy.execute(async (inner) => inner.onToken(), caller.signal);
    }
    await policy.execute(async ({ signal }) => void signal.aborted, caller.signal);
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
    // One for each deadline, which ends when nobody is left to wait for.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a timeout without any deadline is refused", () => {
  expect(() => timeout({})).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
});
