import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Expiry } from "./expiry.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("calls back once when the time is over, and not when it was cancelled", async () => {
  const [expired, cancelled] = [vi.fn(), vi.fn()];
  const [one, two] = [new Expiry(25, expired), new Expiry(25, cancelled)];
  two.cancel();
  await vi.advanceTimersByTimeAsync(24);
  expect(expired).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2);
  expect(expired).toHaveBeenCalledTimes(1);
  one.cancel();
  await vi.advanceTimersByTimeAsync(100);
  expect(expired).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});

test("a process that did not listen in that time gets it once more, and only once", async () => {
  let busy = 0;
  const { now } = performance;
  vi.spyOn(performance, "now").mockImplementation(() => now.call(performance) + busy);
  const expired = vi.fn();
  const expiry = new Expiry(20, expired);
  // Its timer rings that much too late, each time.
  busy += 100;
  await vi.advanceTimersByTimeAsync(39);
  expect(expired).not.toHaveBeenCalled();
  busy += 100;
  await vi.advanceTimersByTimeAsync(2);
  expect(expired).toHaveBeenCalledTimes(1);
  expiry.cancel();
});

test("an answer that arrives in the same turn still counts", async () => {
  const expired = vi.fn();
  const expiry = new Expiry(25, expired);
  setTimeout(() => expiry.cancel(), 25);
  await vi.advanceTimersByTimeAsync(50);
  expect(expired).not.toHaveBeenCalled();
});
