import { getEventListeners } from "node:events";
import { bulkhead as cockatielBulkhead } from "cockatiel";
import OpossumBreaker from "opossum";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { deriveCall, enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import type { ResilienceEvent } from "../telemetry/event.ts";
import { guardStream } from "../timeout/guard-stream.ts";
import { timeout } from "../timeout/timeout-policy.ts";
import { bulkhead } from "./bulkhead-policy.ts";

const overloaded = (reason: string) =>
  expect.objectContaining({
    code: "E_OVERLOADED",
    message: expect.stringContaining(`(${reason})`),
  });

/** An operation that ends when told, and how many of them are under way. */
function gate() {
  const open: (() => void)[] = [];
  const started: string[] = [];
  let running = 0;
  let most = 0;
  const operation = (name: string) => async () => {
    started.push(name);
    most = Math.max(most, (running += 1));
    await new Promise<void>((resolve) => open.push(resolve));
    running -= 1;
    return name;
  };
  return { operation, started, next: () => open.shift()?.(), most: () => most };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const turn = (): Promise<void> => sleep(0);

test("no more than the limit run; the rest run as others end", async () => {
  const { operation, started, next, most } = gate();
  const policy = bulkhead({ limit: 2 });
  const calls = ["a", "b", "c", "d"].map((name) => policy.execute(operation(name)));
  await turn();
  expect([started, policy.running, policy.waiting]).toEqual([["a", "b"], 2, 2]);
  for (let call = 0; call < 4; call++) {
    next();
    await turn();
  }
  expect(await Promise.all(calls)).toEqual(["a", "b", "c", "d"]);
  expect([most(), policy.running, policy.waiting]).toEqual([2, 0, 0]);
});

test("an operation that fails, or throws before its promise, frees its slot", async () => {
  const policy = bulkhead({ limit: 1 });
  const failure = new Error("upstream");
  await expect(policy.execute(() => Promise.reject(failure))).rejects.toBe(failure);
  const thrown = policy.execute(() => {
    throw failure;
  });
  await expect(thrown).rejects.toBe(failure);
  expect(policy.running).toBe(0);
});

test("a newcomer does not take the slot that is passed on to a waiter", async () => {
  const { operation, started, next } = gate();
  const policy = bulkhead({ limit: 1 });
  void policy.execute(operation("first"));
  void policy.execute(operation("waiter"));
  await turn();
  next();
  await Promise.resolve();
  void policy.execute(operation("newcomer"));
  await turn();
  expect(started).toEqual(["first", "waiter"]);
});

const busy = (options: { queue?: number; maxWait?: number; events?: ResilienceEvent[] }) => {
  const { events, ...limits } = options;
  const policy = bulkhead({
    limit: 1,
    ...limits,
    ...(events && { on: (event) => void events.push(event) }),
  });
  const { operation, next, started } = gate();
  void policy.execute(operation("busy"));
  return { policy, operation, next, started };
};

const by = (ms: number) => deriveCall(enterCall(undefined), { deadline: Date.now() + ms });

describe("a full bulkhead", () => {
  test("refuses once its queue is full, and tells its listener", async () => {
    const events: ResilienceEvent[] = [];
    const { policy, operation } = busy({ queue: 0, events });
    await expect(policy.execute(operation("more"))).rejects.toEqual(overloaded("queue-full"));
    expect(events).toEqual([{ type: "bulkhead-rejected", reason: "queue-full" }]);
  });

  test("lets the tenant that floods the queue give way to another", async () => {
    const { policy, operation, next, started } = busy({ queue: 2 });
    const flood = ["a1", "a2"].map((name) => policy.execute(operation(name), { tenant: "a" }));
    const gaveWay = failureOf(flood[1]!);
    void policy.execute(operation("b1"), { tenant: "b" });
    expect(await gaveWay).toEqual(overloaded("gave-way"));
    next();
    await turn();
    next();
    await turn();
    expect(started).toEqual(["busy", "a1", "b1"]);
  });

  test("serves a higher priority first", async () => {
    const { policy, operation, next, started } = busy({});
    void policy.execute(operation("usual"));
    void policy.execute(operation("urgent"), { priority: 1 });
    next();
    await turn();
    expect(started).toEqual(["busy", "urgent"]);
  });

  test("never lets a hedge wait", async () => {
    const { policy, operation } = busy({});
    const hedge = deriveCall(enterCall(undefined), { hedge: 1 });
    await expect(policy.execute(operation("hedge"), hedge)).rejects.toEqual(overloaded("hedge"));
  });

  test("a caller who leaves stops waiting at once, and leaves nothing behind", async () => {
    const caller = new AbortController();
    const { policy, operation, next, started } = busy({});
    const left = failureOf(policy.execute(operation("left"), caller.signal));
    void policy.execute(operation("stays"));
    caller.abort("gone");
    expect(await left).toMatchObject({ code: "E_ABORTED", cause: "gone" });
    expect([policy.waiting, getEventListeners(caller.signal, "abort")]).toEqual([1, []]);
    next();
    await turn();
    expect(started).toEqual(["busy", "stays"]);
  });

  describe("under a fake clock", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test("refuses who has waited as long as one may", async () => {
      const { policy, operation } = busy({ maxWait: 100 });
      const waited = failureOf(policy.execute(operation("more")));
      await vi.advanceTimersByTimeAsync(100);
      expect(await waited).toEqual(overloaded("waited"));
      expect([policy.waiting, vi.getTimerCount()]).toEqual([0, 0]);
    });

    test("leaves no timer of a call that got its slot", async () => {
      const { policy, operation, next } = busy({ maxWait: 60_000 });
      const admitted = policy.execute(operation("admitted"));
      await vi.advanceTimersByTimeAsync(0);
      expect(vi.getTimerCount()).toBe(1);
      next();
      await vi.advanceTimersByTimeAsync(0);
      expect(vi.getTimerCount()).toBe(0);
      next();
      await admitted;
    });

    test("refuses who has no time left, and waits no longer than the call's deadline", async () => {
      const { policy, operation } = busy({ maxWait: 1_000 });
      await expect(policy.execute(operation("late"), by(0))).rejects.toEqual(
        overloaded("deadline"),
      );
      const soon = failureOf(policy.execute(operation("soon"), by(50)));
      await vi.advanceTimersByTimeAsync(50);
      expect(await soon).toEqual(overloaded("waited"));
    });
  });
});

/** 50 calls that time out after 20 ms and go on for 60 ms. */
async function overlapping(call: (work: () => Promise<void>) => Promise<unknown>): Promise<number> {
  let running = 0;
  let most = 0;
  const deaf = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    await sleep(60);
    running -= 1;
  };
  for (let round = 0; round < 10; round++) {
    const wave = Promise.allSettled(Array.from({ length: 5 }, () => call(deaf)));
    // As long as a call may wait and run.
    await vi.advanceTimersByTimeAsync(15 + 20);
    await wave;
  }
  await vi.advanceTimersByTimeAsync(60);
  return most;
}

test("real concurrency is never above the limit: 5 of 5, where opossum's timeout lets more run", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const policy = bulkhead({ limit: 5, maxWait: 15 });
  const attempt = timeout({ total: 20 });
  const ours = await overlapping((work) => policy.execute((call) => attempt.execute(work, call)));
  expect(ours).toBe(5);

  const opossum = new OpossumBreaker((work: () => Promise<void>) => work(), {
    timeout: 20,
    capacity: 5,
    volumeThreshold: 1_000,
  });
  expect(await overlapping((work) => opossum.fire(work))).toBeGreaterThan(5);
  opossum.shutdown();

  const peer = cockatielBulkhead(5, 100);
  const theirs = await overlapping((work) => peer.execute(() => attempt.execute(work)));
  expect(theirs).toBeGreaterThan(5);
});

async function* source() {
  yield "a";
  yield "b";
}

test("a stream that is still read holds its slot", async () => {
  const policy = bulkhead({ limit: 1 });
  const stream = await policy.execute((call) => guardStream(source(), call));
  expect(policy.running).toBe(1);
  for await (const _ of stream) expect(policy.running).toBe(1);
  expect(policy.running).toBe(0);
});

test("work that is named when the slot is free already takes one again", async () => {
  const policy = bulkhead({ limit: 1 });
  const late = new Promise<void>((resolve) => setTimeout(resolve, 5));
  const hold = await policy.execute(async ({ holdUntil }) => holdUntil);
  hold(late);
  expect(policy.running).toBe(1);
  await late;
  await turn();
  expect(policy.running).toBe(0);
});

test.each([{ limit: 0 }, { limit: 1.5 }, { limit: 1, queue: -1 }, { limit: 1, maxWait: 0 }])(
  "options of %o are refused",
  (options) => {
    expect(() => bulkhead(options)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  },
);
