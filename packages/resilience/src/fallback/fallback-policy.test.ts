import { PalimpsestError } from "@palimpsest/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type CallContext, deriveCall, enterCall } from "../call.ts";
import { failureNotes } from "../failure-notes.ts";
import type { FailureKind } from "../classify/failure.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { fallback, type FallbackPolicy } from "./fallback-policy.ts";

const status = (code: number): Error => Object.assign(new Error(`HTTP ${code}`), { status: code });

/** An operation whose outcome depends on the step: an error is thrown, anything else is the answer. */
function models(outcomes: Record<string, unknown>) {
  const called: string[] = [];
  const operation = async ({ step = "primary" }: CallContext): Promise<unknown> => {
    called.push(step);
    const outcome = outcomes[step];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { operation, called };
}

test("the primary's answer calls no step", async () => {
  const { operation, called } = models({ primary: "p", haiku: "h" });
  expect(await fallback([{ name: "haiku" }]).execute(operation)).toBe("p");
  expect(called).toEqual(["primary"]);
});

test("steps are tried in their order until one answers", async () => {
  const { operation, called } = models({ primary: status(503), haiku: status(500), local: "l" });
  const chain = fallback([{ name: "haiku" }, { name: "local" }, { name: "never" }]);
  expect(await chain.execute(operation)).toBe("l");
  expect(called).toEqual(["primary", "haiku", "local"]);
});

describe("reasons", () => {
  test("a step takes over the kinds that it names, and is passed over for others", async () => {
    const chain = fallback([
      { name: "large", when: ["context-length"] },
      { name: "other", when: ["overloaded", "circuit-open", "rate-limited"] },
    ]);
    const calledFor = async (error: Error): Promise<string[]> => {
      const { operation, called } = models({ primary: error, large: 1, other: 1 });
      await chain.execute(operation).catch(() => {});
      return called.slice(1);
    };
    expect(await calledFor(status(413))).toEqual(["large"]);
    expect(await calledFor(status(529))).toEqual(["other"]);
    expect(await calledFor(new PalimpsestError("E_CIRCUIT_OPEN", "open"))).toEqual(["other"]);
    expect(await calledFor(status(500))).toEqual([]);
  });

  test("each step sees the failure just before it, so one step can lead to another", async () => {
    const { operation, called } = models({ primary: status(529), small: status(413), large: "l" });
    const chain = fallback([
      { name: "small", when: ["overloaded"] },
      { name: "large", when: ["context-length"] },
    ]);
    expect(await chain.execute(operation)).toBe("l");
    expect(called).toEqual(["primary", "small", "large"]);
  });

  test.each([
    ["a wrong request", status(400)],
    ["a spent request", new PalimpsestError("E_BUDGET_EXCEEDED", "spent")],
    ["an aborted client", new DOMException("left", "AbortError")],
  ])("by default no step takes over %s", async (_, error) => {
    const { operation, called } = models({ primary: error, haiku: "h" });
    await expect(fallback([{ name: "haiku" }]).execute(operation)).rejects.toBe(error);
    expect(called).toEqual(["primary"]);
  });

  test("an answer of its own knows the error and why", async () => {
    const error = status(503);
    const { operation } = models({ primary: error });
    const chain = fallback([
      { name: "stale cache", answer: async (failure, { step }) => ({ failure, step }) },
    ]);
    expect(await chain.execute(operation)).toEqual({
      failure: { step: undefined, kind: "overloaded", error },
      step: "stale cache",
    });
  });
});

test("all fail: ends in the primary's own error, with every step and its reason beside it", async () => {
  const errors = { primary: Object.freeze(status(503)), haiku: status(429), local: status(500) };
  const { operation } = models(errors);
  const chain = fallback([
    { name: "haiku" },
    { name: "skipped", when: ["quota"] },
    { name: "local" },
  ]);
  await expect(chain.execute(operation)).rejects.toBe(errors.primary);
  expect(failureNotes(errors.primary).steps).toEqual([
    { step: undefined, kind: "overloaded", error: errors.primary },
    { step: "haiku", kind: "rate-limited", error: errors.haiku },
    { step: "local", kind: "transient", error: errors.local },
  ]);
});

describe("streams", () => {
  test("after the first token of the primary no step is tried", async () => {
    const error = status(503);
    let calls = 0;
    const streaming = fallback([{ name: "haiku" }]).execute(async ({ onToken }) => {
      calls += 1;
      onToken();
      throw error;
    });
    await expect(streaming).rejects.toBe(error);
    expect(calls).toBe(1);
  });

  test("after the first token of a step no other one is, and the caller gets that step's error", async () => {
    const error = status(500);
    const called: unknown[] = [];
    let tokens = 0;
    const call = deriveCall(enterCall(undefined), { onToken: () => (tokens += 1) });
    const streaming = fallback([{ name: "haiku" }, { name: "local" }]).execute(
      async ({ step, onToken }) => {
        called.push(step);
        if (step === undefined) throw status(503);
        onToken();
        throw error;
      },
      call,
    );
    await expect(streaming).rejects.toBe(error);
    expect({ called, tokens }).toEqual({ called: [undefined, "haiku"], tokens: 1 });
  });
});

test("a caller who leaves stops the chain", async () => {
  const caller = new AbortController();
  const left = status(500);
  let calls = 0;
  const operation = async (): Promise<never> => {
    calls += 1;
    if (calls === 1) throw status(503);
    caller.abort();
    throw left;
  };
  const chain = fallback([{ name: "haiku" }, { name: "local" }]);
  await expect(chain.execute(operation, caller.signal)).rejects.toBe(left);
  expect(calls).toBe(2);
  await expect(chain.execute(operation, caller.signal)).rejects.toMatchObject({
    code: "E_ABORTED",
  });
  expect(calls).toBe(2);
});

test("events tell which step answered, and when none did", async () => {
  const events: ResilienceEvent[] = [];
  const chain = fallback([{ name: "haiku" }], { on: (event) => events.push(event) });
  await chain.execute(models({ primary: status(503), haiku: "h" }).operation);
  await chain
    .execute(models({ primary: status(503), haiku: status(429) }).operation)
    .catch(() => {});
  expect(events).toEqual([
    { type: "fallback", step: "haiku", kind: "overloaded" },
    { type: "fallback-answered", step: "haiku" },
    { type: "fallback", step: "haiku", kind: "overloaded" },
    { type: "fallback-exhausted", steps: 1, kind: "rate-limited" },
  ]);
});

test("a chain that cannot work is refused", () => {
  for (const steps of [[], [{ name: "a" }, { name: "a" }], [{ name: "a", when: [] }]]) {
    expect(() => fallback(steps)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  }
});

test.each([[["rate-limit"]], [[undefined]], ["timeout"], [[Object.create(null)]]])(
  "a step for a kind that does not exist is refused: %o",
  (when) => {
    const step = { name: "haiku", when: when as FailureKind[] };
    expect(() => fallback([{ name: "first" }, step])).toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringMatching(/step "haiku".*(kinds|rate-limited, timeout)/),
      }),
    );
  },
);

test("the type of the result has the answers of the steps in it", () => {
  expectTypeOf(fallback([{ name: "haiku" }])).toEqualTypeOf<FallbackPolicy>();
  const stale = fallback([{ name: "haiku" }, { name: "stale", answer: async () => "text" }]);
  expectTypeOf(stale).toEqualTypeOf<FallbackPolicy<string>>();
  const result = stale.execute(async () => 1);
  expectTypeOf(result).toEqualTypeOf<Promise<number | string>>();
  // @ts-expect-error: a kind that does not exist
  expect(() => fallback([{ name: "haiku", when: ["too-slow"] }])).toThrow('"too-slow"');
});
