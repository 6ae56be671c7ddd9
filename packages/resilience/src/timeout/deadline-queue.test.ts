import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlineQueue } from "./deadline-queue.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a queue of deadlines", () => {
  test("expires each at its time, with one timer for all", async () => {
    const queue = new DeadlineQueue("total", 100);
    const expired: string[] = [];
    queue.start(() => expired.push("first"));
    await vi.advanceTimersByTimeAsync(40);
    queue.start(() => expired.push("second"));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(60);
    expect(expired).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(40);
    expect(expired).toEqual(["first", "second"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("forgets a deadline that is stopped, and stopping twice is harmless", async () => {
    const queue = new DeadlineQueue("total", 100);
    const expire = vi.fn();
    const [stopped, kept] = [queue.start(expire), queue.start(expire)];
    stopped.stop();
    stopped.stop();
    expect(queue.size).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(expire).toHaveBeenCalledOnce();
    kept.stop();
    expect(queue.size).toBe(0);
  });

  test("goes on with deadlines that an expiry starts, and with those that were there before", async () => {
    const queue = new DeadlineQueue("total", 100);
    const expired: [string, number][] = [];
    const start = performance.now();
    const note = (name: string) => () => void expired.push([name, performance.now() - start]);
    queue.start(() => void queue.start(note("started by an expiry")));
    await vi.advanceTimersByTimeAsync(10);
    queue.start(note("there before"));
    await vi.advanceTimersByTimeAsync(95);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(105);
    expect(expired).toEqual([
      ["there before", 110],
      ["started by an expiry", 200],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps no deadline and at most one timer over many calls", () => {
    const queue = new DeadlineQueue("total", 30_000);
    for (let call = 0; call < 100_000; call++) queue.start(() => {}).stop();
    expect(queue.size).toBe(0);
    expect(vi.getTimerCount()).toBe(1);
  });

  test.each([0, -1, Number.NaN, Infinity, 2 ** 31])("refuses %d ms", (duration) => {
    expect(() => new DeadlineQueue("total", duration)).toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringContaining("total"),
      }),
    );
  });
});

test("whatever is started and stopped, exactly what is due and not stopped has expired", async () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 70 }),
    stop: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const queue = new DeadlineQueue("total", 100);
      const calls: { due: number; stopped: boolean; expiredAt?: number }[] = [];
      const stops: (() => void)[] = [];
      for (const { wait, stop } of steps) {
        const call: (typeof calls)[number] = { due: performance.now() + 100, stopped: false };
        const deadline = queue.start(() => (call.expiredAt = performance.now()));
        calls.push(call);
        stops.push(() => {
          if (call.expiredAt === undefined) call.stopped = true;
          deadline.stop();
        });
        stops[stop ?? -1]?.();
        await vi.advanceTimersByTimeAsync(wait);
      }
      await vi.advanceTimersByTimeAsync(100);
      for (const { due, stopped, expiredAt } of calls) {
        expect(expiredAt).toBe(stopped ? undefined : due);
      }
    }),
    { numRuns: 60 },
  );
});

const held = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;

test("an idle queue does not keep the process alive, a waiting one does", () => {
  vi.useRealTimers();
  const queue = new DeadlineQueue("total", 60_000);
  const before = held();
  const deadline = queue.start(() => {});
  expect(held()).toBe(before + 1);
  deadline.stop();
  expect(held()).toBe(before);
  const next = queue.start(() => {});
  expect(held()).toBe(before + 1);
  next.stop();
});
