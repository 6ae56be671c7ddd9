import { expect, test } from "vitest";
import { deriveCall, enterCall, timeLeft } from "./call.ts";
import { Cancellation } from "./cancellation.ts";

test("a call enters by a signal, by details, by a context or by nothing", () => {
  const { signal } = new AbortController();
  const details = { signal, tenant: "acme", priority: 2 };
  expect(enterCall(undefined)).toMatchObject({ attempt: 1, hedge: 0, deadline: Infinity });
  expect(enterCall(signal).signal).toBe(signal);
  expect(enterCall(details).signal).toBe(signal);
  expect(enterCall(details).details).toBe(details);
  const context = enterCall(details);
  expect(enterCall(context)).toBe(context);
});

test("a signal that has fired already ends the call before it starts", () => {
  const signal = AbortSignal.abort("left");
  for (const parent of [signal, { signal }]) {
    expect(() => enterCall(parent)).toThrow(
      expect.objectContaining({ code: "E_ABORTED", cause: "left" }),
    );
  }
});

test.each([null, "acme", 7])("beside the operation, %j is refused", (parent) => {
  // @ts-expect-error callers without types
  expect(() => enterCall(parent)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
});

test("a derived call keeps what it does not change, through every level", () => {
  const inner = deriveCall(deriveCall(enterCall({ tenant: "acme" }), { attempt: 3 }), { hedge: 1 });
  expect(inner).toMatchObject({ attempt: 3, hedge: 1, details: { tenant: "acme" } });
});

test("a cancellation reaches the calls within it and not the calls around it", () => {
  const caller = new AbortController();
  const outer = enterCall(caller.signal);
  const cancellation = new Cancellation();
  const inner = deriveCall(deriveCall(outer, { cancellation }), { attempt: 2 });
  const { signal } = inner;
  expect(inner.signal).toBe(signal);
  cancellation.cancel(new Error("late"));
  expect([signal.aborted, outer.signal.aborted]).toEqual([true, false]);
});

test("the caller's abort reaches the innermost call through two cancellations", () => {
  const caller = new AbortController();
  const middle = deriveCall(enterCall(caller.signal), { cancellation: new Cancellation() });
  const inner = deriveCall(middle, { cancellation: new Cancellation() });
  const { signal } = inner;
  caller.abort("left");
  expect(signal.reason).toBe("left");
});

test("an outer cancellation reaches the inner call when no caller's signal exists", () => {
  const outer = new Cancellation();
  const middle = deriveCall(enterCall(undefined), { cancellation: outer });
  const { signal } = deriveCall(middle, { cancellation: new Cancellation() });
  outer.cancel("late");
  expect(signal.reason).toBe("late");
});

test("what is left is the nearer of the deadline and the request's ceiling of time", () => {
  const context = deriveCall(enterCall(undefined), { deadline: 1_500 });
  expect(timeLeft(context, 1_000)).toBe(500);
  const request = {
    ...context.request,
    remainingTime: 200,
    startCall: () => () => {},
    report() {},
  };
  expect(timeLeft(deriveCall(context, { request }), 1_000)).toBe(200);
});

test("a priority, or a number of tokens or cost, that is none is refused", () => {
  const wrong = [{ priority: Number.NaN }, { tokens: -1 }, { tokens: Infinity }, { cost: -1 }];
  for (const details of [...wrong, { cost: Number.NaN }]) {
    expect(() => enterCall(details)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  }
});
