import { getEventListeners } from "node:events";
import { PalimpsestError } from "@palimpsest/core";
import { ConstantBackoff, handleAll, retry as cockatielRetry } from "cockatiel";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import { failure } from "../classify/failure.ts";
import { failureNotes } from "../failure-notes.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import type { RetryOptions } from "./options.ts";
import { settled, status, upstream } from "./fixtures/upstream.ts";
import { retry } from "./retry-policy.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

function listened(options: RetryOptions = {}) {
  const events: ResilienceEvent[] = [];
  const policy = retry({ random: () => 0, on: (event) => events.push(event), ...options });
  return { policy, events };
}

function noEntropy(): number {
  throw new Error("no entropy");
}

describe("attempts", () => {
  test("repeats what is likely to pass, and gives the answer", async () => {
    const { operation, at } = upstream(status(503), status(500));
    expect(await settled(retry().execute(operation))).toBe("answer");
    expect(at).toHaveLength(3);
  });

  test("the operation sees which attempt it is", async () => {
    const attempts: number[] = [];
    const operation = async ({ attempt }: { readonly attempt: number }) => {
      attempts.push(attempt);
      if (attempt < 3) throw status(503);
    };
    await settled(retry().execute(operation));
    expect(attempts).toEqual([1, 2, 3]);
  });

  test("ends in the upstream's own last error, with the attempts noted beside it", async () => {
    const last = Object.freeze(status(502));
    const { operation, at } = upstream(status(503), status(500), last);
    const error = await settled(retry().execute(operation));
    expect(error).toBe(last);
    expect(failureNotes(error)).toEqual({ attempts: 3 });
    expect(at).toHaveLength(3);
  });

  test("a thrown value that is no object comes through as it is", async () => {
    const { operation, at } = upstream("a", "b", "c");
    expect(await settled(retry({ classify: () => failure("transient") }).execute(operation))).toBe(
      "c",
    );
    expect(at).toHaveLength(3);
  });

  test.each([
    ["HTTP 400", status(400)],
    ["an empty account", Object.assign(status(429), { code: "insufficient_quota" })],
    ["an open breaker", new PalimpsestError("E_CIRCUIT_OPEN", "open")],
    ["a full queue", new PalimpsestError("E_OVERLOADED", "full")],
    ["a bug", new TypeError("undefined is not a function")],
    ["a ceiling", new PalimpsestError("E_BUDGET_EXCEEDED", "spent")],
  ])("%s is not repeated", async (_, error) => {
    const { operation, at } = upstream(error);
    expect(await settled(retry().execute(operation))).toBe(error);
    expect(at).toHaveLength(1);
  });

  test("a breaker that opens under the retries burns no attempt and hides no upstream error", async () => {
    const down = status(503);
    const { operation, at } = upstream(down, new PalimpsestError("E_CIRCUIT_OPEN", "open"));
    const error = await settled(retry({ attempts: 6 }).execute(operation));
    expect(error).toBe(down);
    expect(at).toHaveLength(2);
    expect(failureNotes(error)).toEqual({ attempts: 1 });
  });

  test("waits grow with jitter, bounded by the longest", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const failures = Array.from({ length: 8 }, () => status(503));
    const { policy, events } = listened({ attempts: 9, maximumDelay: 5_000, budget: false });
    await settled(policy.execute(upstream(...failures).operation));
    const delays = events.flatMap((event) => (event.type === "retry" ? [event.delay] : []));
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays[0]).toBeGreaterThan(100);
    expect(delays.at(-1)).toBe(5_000);
    vi.restoreAllMocks();
  });
});

describe("abort", () => {
  test("abort during backoff: returns with 1 call; cockatiel alone calls again", async () => {
    const peer = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(3_000) });
    const caller = new AbortController();
    const [ours, theirs] = [upstream(status(503)), upstream(status(503))];
    const states = { ours: "waiting", theirs: "waiting" };
    const policy = retry({ initialDelay: 3_000 });
    const oursDone = policy.execute(ours.operation, caller.signal).catch((error: unknown) => error);
    void oursDone.then(() => (states.ours = "returned"));
    void peer.execute(theirs.operation, caller.signal).then(() => (states.theirs = "returned"));
    await vi.advanceTimersByTimeAsync(50);
    caller.abort("left");
    await vi.advanceTimersByTimeAsync(0);
    expect(states).toEqual({ ours: "returned", theirs: "waiting" });
    await vi.runAllTimersAsync();
    expect({ ours: ours.at.length, theirs: theirs.at.length }).toEqual({ ours: 1, theirs: 2 });
    expect(await oursDone).toMatchObject({ code: "E_ABORTED", cause: "left" });
  });

  test("an abort leaves neither timer nor listener behind, nor does a success", async () => {
    const caller = new AbortController();
    const policy = retry();
    await settled(policy.execute(upstream(status(503)).operation, caller.signal));
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
    const failing = policy.execute(upstream(status(503)).operation, caller.signal);
    await vi.advanceTimersByTimeAsync(1);
    caller.abort();
    await expect(failing).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  });

  test("a signal that has fired already: no call", async () => {
    const { operation, at } = upstream();
    const error = await settled(retry().execute(operation, AbortSignal.abort()));
    expect(error).toMatchObject({ code: "E_ABORTED" });
    expect(at).toEqual([]);
  });

  test("an abort that the client turns into a server error is not repeated", async () => {
    const caller = new AbortController();
    let calls = 0;
    const operation = async () => {
      calls += 1;
      caller.abort();
      throw status(500);
    };
    expect(await settled(retry().execute(operation, caller.signal))).toMatchObject({ status: 500 });
    expect(calls).toBe(1);
  });

  test("an abort in the moment between the wait and the next attempt: no call", async () => {
    const caller = new AbortController();
    const limited = status(429, { "retry-after-ms": "100" });
    const { operation, at } = upstream(limited, limited);
    const { policy } = listened();
    const failing = policy.execute(operation, caller.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(150);
    setTimeout(() => caller.abort(), 50);
    await vi.runAllTimersAsync();
    expect(await failing).toMatchObject({ code: "E_ABORTED" });
    expect(at).toHaveLength(2);
  });

  test("a deadline that passes during a wait is what the caller gets", async () => {
    const deadline = new AbortController();
    const late = new PalimpsestError("E_TIMEOUT", "1,000 ms have passed");
    setTimeout(() => deadline.abort(late), 10);
    expect(await settled(retry().execute(upstream(status(503)).operation, deadline.signal))).toBe(
      late,
    );
  });
});

describe("Retry-After", () => {
  test("is waited for instead of the backoff", async () => {
    const { operation, at } = upstream(status(429, { "retry-after": "7" }));
    const { policy } = listened();
    expect(await settled(policy.execute(operation))).toBe("answer");
    expect(at[1]).toBeGreaterThanOrEqual(7_000);
    expect(at[1]).toBeLessThan(7_010);
  });

  test("has jitter after it, so that callers do not come back together", async () => {
    const waits = [0, 0.5, 0.999].map(async (random) => {
      const { operation, at } = upstream(status(429, { "retry-after": "10" }));
      await retry({ random: () => random }).execute(operation);
      return at[1];
    });
    await vi.runAllTimersAsync();
    const seconds = (await Promise.all(waits)).map((wait) => Math.round((wait ?? 0) / 100) / 10);
    expect(seconds).toEqual([10, 10.5, 11]);
  });

  test.each([Number.NaN, -1e9, 1e9, Infinity, undefined])(
    "a generator that gives %o does not spoil the wait",
    async (wrong) => {
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const { operation, at } = upstream(status(429, { "retry-after": "10" }));
      const policy = retry({ random: () => wrong as number });
      expect(await settled(policy.execute(operation))).toBe("answer");
      expect(at[1]).toBe(10_500);
      expect(warn).toHaveBeenCalledOnce();
      warn.mockRestore();
    },
  );

  test("a generator that throws is a warning; the caller gets the answer", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { operation, at } = upstream(status(429, { "retry-after": "10" }));
    expect(await settled(retry({ random: noEntropy }).execute(operation))).toBe("answer");
    expect(at[1]).toBe(10_500);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  test("longer than we wait for: the error is passed on at once", async () => {
    const error = status(429, { "retry-after": "3600" });
    const { policy, events } = listened();
    await expect(policy.execute(upstream(error).operation)).rejects.toBe(error);
    expect(events).toEqual([
      { type: "retry-stopped", attempt: 1, kind: "rate-limited", reason: "wait" },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("longer than the deadline leaves: the error is passed on at once, without a wait", async () => {
    const call = deriveCall(enterCall(undefined), { deadline: Date.now() + 5_000 });
    const error = status(429, { "retry-after": "6" });
    const { policy, events } = listened();
    await expect(policy.execute(upstream(error).operation, call)).rejects.toBe(error);
    expect(events).toMatchObject([{ type: "retry-stopped", reason: "deadline" }]);
    const soon = upstream(status(429, { "retry-after": "4" }));
    expect(await settled(policy.execute(soon.operation, call))).toBe("answer");
  });

  test("a wait of zero is no wait of nothing known", async () => {
    const { operation, at } = upstream(status(429, { "retry-after-ms": "0" }));
    const { policy } = listened();
    await settled(policy.execute(operation));
    expect(at[1]).toBeLessThan(5);
  });
});

describe("streams", () => {
  test("after the first token nothing is repeated", async () => {
    const error = status(503);
    let calls = 0;
    let tokens = 0;
    const call = deriveCall(enterCall(undefined), { onToken: () => (tokens += 1) });
    const { policy, events } = listened();
    const streaming = policy.execute(async ({ onToken }) => {
      calls += 1;
      onToken();
      throw error;
    }, call);
    await expect(streaming).rejects.toBe(error);
    expect({ calls, tokens }).toEqual({ calls: 1, tokens: 1 });
    expect(events).toMatchObject([{ type: "retry-stopped", reason: "token" }]);
  });

  test("before the first token it is", async () => {
    const answer = retry().execute(async ({ onToken, attempt }) => {
      if (attempt === 1) throw status(503);
      onToken();
      return "stream";
    });
    expect(await settled(answer)).toBe("stream");
  });
});

test("every decision is an event", async () => {
  const { policy, events } = listened({ attempts: 2 });
  await settled(policy.execute(upstream(status(503), status(429)).operation));
  expect(events).toEqual([
    { type: "retry", attempt: 1, delay: expect.any(Number), kind: "overloaded" },
    { type: "retry-stopped", attempt: 2, kind: "rate-limited", reason: "attempts" },
  ]);
});

test("a wrong option is refused", () => {
  for (const wrong of [
    { attempts: 0 },
    { attempts: 1.5 },
    { initialDelay: -1 },
    { maximumDelay: Number.NaN },
    { maximumRetryAfter: Infinity },
  ]) {
    expect(() => retry(wrong)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  }
});
