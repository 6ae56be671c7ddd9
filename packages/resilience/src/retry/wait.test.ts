import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wait } from "./wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("ends when its time has come", async () => {
  const waiting = wait(100, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(100);
  await expect(waiting).resolves.toBeUndefined();
});

test("a signal that fired before starts no timer", async () => {
  const waiting = wait(100, AbortSignal.abort("left"));
  expect(vi.getTimerCount()).toBe(0);
  await expect(waiting).rejects.toMatchObject({ code: "E_ABORTED", cause: "left" });
});
