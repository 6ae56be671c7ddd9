import type { Policy } from "@palimpsest/core";
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { breakers } from "../breaker/registry.ts";
import { circuitBreaker } from "../breaker/circuit-breaker.ts";
import { bulkhead } from "../bulkhead/bulkhead-policy.ts";
import {
  type CallParent,
  enterCall,
  type Operation,
  type PolicyKind,
  type PolicyOfKind,
} from "../call.ts";
import { fallback } from "../fallback/fallback-policy.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import { retry } from "../retry/retry-policy.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { timeout } from "../timeout/timeout-policy.ts";
import { pipeline } from "./pipeline.ts";

const status = (code: number): Error => Object.assign(new Error(`HTTP ${code}`), { status: code });

/** A policy that only says when it is passed. */
class Marker<Kind extends PolicyKind> implements PolicyOfKind<Kind> {
  readonly kind: Kind;
  readonly #passed: string[];

  constructor(kind: Kind, passed: string[]) {
    this.kind = kind;
    this.#passed = passed;
  }

  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    this.#passed.push(this.kind);
    return operation(enterCall(parent));
  }
}

describe("order", () => {
  test("is always the same, however the options are written", async () => {
    const passed: string[] = [];
    const policy = pipeline({
      timeout: new Marker("timeout", passed),
      bulkhead: new Marker("bulkhead", passed),
      breaker: new Marker("breaker", passed),
      retry: new Marker("retry", passed),
      rateLimit: new Marker("rate-limit", passed),
      hedge: new Marker("hedge", passed),
    });
    await policy.execute(async () => passed.push("call"));
    expect(passed.join(" > ")).toBe(
      "hedge > retry > rate-limit > bulkhead > breaker > timeout > call",
    );
  });

  test("a slot takes its own kind only, also from callers without types", () => {
    const refused = expect.objectContaining({ code: "E_INVALID_INPUT" });
    // @ts-expect-error: a retry is no breaker
    expect(() => pipeline({ breaker: retry() })).toThrow(refused);
    // @ts-expect-error: a breaker is no retry
    expect(() => pipeline({ retry: circuitBreaker() })).toThrow(refused);
    // @ts-expect-error: a bulkhead is no timeout
    expect(() => pipeline({ timeout: bulkhead({ limit: 1 }) })).toThrow(refused);
    // @ts-expect-error: a timeout is no bulkhead
    expect(() => pipeline({ bulkhead: timeout({ total: 1 }) })).toThrow(refused);
    // @ts-expect-error: a retry is no fallback
    expect(() => pipeline({ fallback: retry() })).toThrow(refused);
    // @ts-expect-error: nothing is undefined
    expect(() => pipeline({ hedge: null })).toThrow(refused);
    // @ts-expect-error: a pipeline has no slot of this name
    expect(() => pipeline({ cache: retry() })).toThrow('no slot "cache"');
    // @ts-expect-error: every object has this name
    expect(() => pipeline({ valueOf: retry() })).toThrow('no slot "valueOf"');
    // @ts-expect-error: a timeout that nobody would miss until it is needed
    expect(() => pipeline({ timout: timeout({ total: 1 }) })).toThrow(refused);
    expect(pipeline({ breaker: breakers({ key: () => "one" }) })).toBeDefined();
  });

  test("fits wherever core asks for a policy, unless its fallback answers in another type", () => {
    expectTypeOf(pipeline({ retry: retry() })).toExtend<Policy>();
    expectTypeOf(pipeline({ fallback: fallback([{ name: "haiku" }]) })).toExtend<Policy>();
    const answering = pipeline({ fallback: fallback([{ name: "stale", answer: async () => 1 }]) });
    expectTypeOf(answering).not.toExtend<Policy>();
    expectTypeOf(answering.execute(async () => "a")).toEqualTypeOf<Promise<string | number>>();
  });
});

describe("together", () => {
  test("retries go on within one step, then the next step has its own", async () => {
    const called: string[] = [];
    const policy = pipeline({
      fallback: fallback([{ name: "haiku" }]),
      retry: retry({ attempts: 2, initialDelay: 0 }),
    });
    const answer = await policy.execute(async ({ step = "primary", attempt }) => {
      called.push(`${step} ${attempt}`);
      if (called.length < 4) throw status(503);
      return "answer";
    });
    expect(answer).toBe("answer");
    expect(called).toEqual(["primary 1", "primary 2", "haiku 1", "haiku 2"]);
  });

  test("an open breaker goes to the fallback at once, and by key only where it is open", async () => {
    const called: string[] = [];
    const policy = pipeline({
      fallback: fallback([{ name: "haiku" }]),
      retry: retry({ attempts: 3, initialDelay: 0 }),
      breaker: breakers({ key: ({ step }) => step ?? "primary", minimumCalls: 1 }),
    });
    const call = () =>
      policy.execute(async ({ step = "primary" }) => {
        called.push(step);
        if (step === "primary") throw status(503);
        return step;
      });
    expect(await call()).toBe("haiku");
    expect(called).toEqual(["primary", "haiku"]);
    expect(await call()).toBe("haiku");
    expect(called).toEqual(["primary", "haiku", "haiku"]);
  });

  test("a ceiling of calls holds over retries and fallbacks", async () => {
    let calls = 0;
    const down = status(503);
    const policy = pipeline({
      ceilings: { calls: 3 },
      fallback: fallback([{ name: "haiku" }, { name: "local" }]),
      retry: retry({ attempts: 2, initialDelay: 0, budget: false }),
    });
    const failing = policy.execute(async () => {
      calls += 1;
      throw down;
    });
    await expect(failing).rejects.toBe(down);
    expect(calls).toBe(3);
  });

  test("an attempt that takes too long counts for the breaker", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const breaker = circuitBreaker({ minimumCalls: 1 });
    const policy = pipeline({ breaker, timeout: timeout({ total: 5 }) });
    const hanging = failureOf(policy.execute(() => new Promise(() => {})));
    await vi.advanceTimersByTimeAsync(5);
    expect(await hanging).toMatchObject({ code: "E_TIMEOUT" });
    expect(breaker.state).toBe("open");
  });

  test("a signal that has fired already: no call", async () => {
    const policy = pipeline({ retry: retry(), breaker: circuitBreaker() });
    let calls = 0;
    const call = policy.execute(async () => (calls += 1), AbortSignal.abort());
    await expect(call).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(calls).toBe(0);
  });

  test("empty, it is the call itself", async () => {
    expect(await pipeline({}).execute(async ({ attempt }) => attempt)).toBe(1);
  });
});

describe("events", () => {
  const clock = { now: () => 0 };

  test("one listener hears every policy, and the end of each call", async () => {
    const events: ResilienceEvent[] = [];
    const policy = pipeline({
      retry: retry({ initialDelay: 0 }),
      on: (event) => events.push(event),
      clock,
    });
    await policy.execute(async ({ attempt }) => {
      if (attempt === 1) throw status(503);
    });
    await policy.execute(() => Promise.reject(status(400))).catch(() => {});
    expect(events).toEqual([
      { type: "retry", attempt: 1, delay: 0, kind: "overloaded" },
      { type: "call", outcome: "success", duration: 0, calls: 2 },
      { type: "retry-stopped", attempt: 1, kind: "client", reason: "not-retryable" },
      { type: "call", outcome: "client", duration: 0, calls: 1 },
    ]);
  });

  test("a caller who left is an outcome of its own, whatever the client made of the abort", async () => {
    const outcomes: string[] = [];
    const policy = pipeline({
      on: (event) => event.type === "call" && outcomes.push(event.outcome),
    });
    for (const thrown of [new Error("the tab was closed"), status(500)]) {
      const caller = new AbortController();
      const call = policy.execute(async () => {
        caller.abort(thrown);
        throw thrown;
      }, caller.signal);
      await expect(call).rejects.toBe(thrown);
    }
    expect(outcomes).toEqual(["aborted", "aborted"]);
  });

  test("a listener given to a policy and to its pipeline hears each decision once", async () => {
    const heard: string[] = [];
    const on = ({ type }: ResilienceEvent): void => void heard.push(type);
    const policy = pipeline({ fallback: fallback([{ name: "haiku" }], { on }), on });
    await policy.execute(async ({ step }) => {
      if (step === undefined) throw status(503);
    });
    expect(heard).toEqual(["fallback", "fallback-answered", "call"]);
  });

  test("a pipeline within another one tells both", async () => {
    const [inner, outer]: [string[], string[]] = [[], []];
    const within = pipeline({
      retry: retry({ initialDelay: 0 }),
      on: ({ type }) => inner.push(type),
    });
    const around = pipeline({
      fallback: fallback([{ name: "haiku" }]),
      on: ({ type }) => outer.push(type),
    });
    await around.execute((call) =>
      within.execute(async ({ attempt }) => {
        if (attempt === 1) throw status(503);
      }, call),
    );
    expect(inner).toEqual(["retry", "call"]);
    expect(outer).toEqual(["retry", "call", "call"]);
  });

  test("a listener that throws fails no call and becomes a warning", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    const cause = new Error("the listener's own");
    const policy = pipeline({
      on: () => {
        throw cause;
      },
    });
    expect(await policy.execute(async () => 1)).toBe(1);
    expect(warned.mock.calls).toEqual([[expect.objectContaining({ cause })]]);
    warned.mockRestore();
  });
});
