import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { Cancellation } from "./cancellation.ts";

test("fires its own signal, with the reason, and no other call's", () => {
  const caller = new AbortController();
  const [one, other] = [new Cancellation(), new Cancellation()];
  const signal = one.signalWithin(caller.signal);
  const innocent = other.signalWithin(caller.signal);
  const reason = new Error("late");
  one.cancel(reason);
  one.cancel(new Error("later"));
  expect(signal.reason).toBe(reason);
  expect(innocent.aborted).toBe(false);
  expect(caller.signal.aborted).toBe(false);
});

test("fires with the caller's signal, and leaves no listener on it", () => {
  const caller = new AbortController();
  const signals = Array.from({ length: 100 }, () => new Cancellation().signalWithin(caller.signal));
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  caller.abort(new Error("gone"));
  expect(signals.every(({ reason }) => reason === caller.signal.reason)).toBe(true);
});

test("gives a fired signal to whoever asks after the cancellation", () => {
  const cancellation = new Cancellation();
  cancellation.cancel(new Error("late"));
  expect(cancellation.cancelled).toBe(true);
  expect(cancellation.signalWithin(undefined).reason).toEqual(new Error("late"));
});
