import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { gate } from "../fixtures/gate.ts";
import { type BatchFunction, type BatchOptions, batched } from "./batched.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Doubles numbers; an odd one above 100 fails alone. */
function doubling(options: Partial<BatchOptions<number>> = {}) {
  const calls: number[][] = [];
  const double = batched<number, number>(
    async (items) => {
      calls.push([...items]);
      return items.map((item) => (item > 100 ? new RangeError(`no ${item}`) : item * 2));
    },
    { maxSize: 3, maxDelay: 10, ...options },
  );
  return { calls, double };
}

const giveNothing: unknown = async () => undefined;

describe("a batch is sent", () => {
  test("at its size, at once", async () => {
    const { calls, double } = doubling();
    expect(await Promise.all([1, 2, 3].map((n) => double(n)))).toEqual([2, 4, 6]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  test("after the delay of its first item", async () => {
    const { calls, double } = doubling();
    const first = double(1);
    await vi.advanceTimersByTimeAsync(9);
    const second = double(2);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all([first, second])).toEqual([2, 4]);
    expect(calls).toEqual([[1, 2]]);
  });

  test("before an item that would make it larger than its bytes", async () => {
    const { calls, double } = doubling({ maxBytes: 10, bytesOf: (n) => n, maxSize: 9 });
    const all = [4, 5, 2, 40, 3].map((n) => double(n));
    await vi.advanceTimersByTimeAsync(10);
    expect(await Promise.all(all)).toEqual([8, 10, 4, 80, 6]);
    expect(calls).toEqual([[4, 5], [2], [40], [3]]);
  });

  test("by bytes of UTF-8 and of JSON unless told otherwise", async () => {
    const sizes: number[] = [];
    const count = batched<string | { a: string }, number>(
      async (items) => {
        sizes.push(items.length);
        return items.map(() => 0);
      },
      { maxSize: 9, maxBytes: 12, maxDelay: 10 },
    );
    const all = [count("é".repeat(3)), count("é".repeat(3)), count({ a: "é" })];
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(all);
    expect(sizes).toEqual([2, 1]);
  });

  test("item by item while it is not enabled", async () => {
    let isOn = false;
    const { calls, double } = doubling({ isEnabled: () => isOn });
    await Promise.all([double(1), double(2)]);
    isOn = true;
    await Promise.all([double(3), double(4), double(5)]);
    expect(calls).toEqual([[1], [2], [3, 4, 5]]);
  });
});

describe("errors", () => {
  test("one item fails alone", async () => {
    const { calls, double } = doubling();
    const settled = await Promise.allSettled([1, 101, 3].map((n) => double(n)));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: new RangeError("no 101") });
    expect(calls).toHaveLength(1);
  });

  test.each<[string, BatchFunction<number, number>]>([
    ["rejects", () => Promise.reject(new Error("down"))],
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
  ])(
    "a function that %s fails all with the original error, and the next batch is new",
    async (_, fail) => {
      let isDown = true;
      const call = batched<number, number>(
        async (items, context) => (isDown ? fail(items, context) : items),
        { maxSize: 2 },
      );
      const settled = await Promise.allSettled([call(1), call(2)]);
      const [a, b] = settled.map((s) => (s.status === "rejected" ? s.reason : undefined));
      expect(a).toEqual(new Error("down"));
      expect(b).toBe(a);
      isDown = false;
      expect(await Promise.all([call(1), call(2)])).toEqual([1, 2]);
    },
  );

  test("a wrong number of results is refused for all", async () => {
    const call = batched<number, number>(async () => [1], { maxSize: 2 });
    for (const { status, ...rest } of await Promise.allSettled([call(1), call(2)])) {
      expect({ status, ...rest }).toMatchObject({
        status: "rejected",
        reason: {
          code: "E_INVALID_INPUT",
          message: expect.stringContaining("1 result for 2 items"),
        },
      });
    }
  });

  test("no results at all are refused in words", async () => {
    const call = batched(giveNothing as BatchFunction<number, number>, { maxSize: 1 });
    await expect(call(1)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
      message: expect.stringContaining("undefined for 1 item;"),
    });
  });

  test.each([Number.NaN, -1])(
    "an item of %d bytes is refused, the others keep their limit",
    async (wrong) => {
      const { calls, double } = doubling({ maxBytes: 2, bytesOf: (n) => (n === 1 ? wrong : 1) });
      const all = Promise.allSettled([1, 2, 3, 4].map((n) => double(n)));
      await vi.advanceTimersByTimeAsync(10);
      expect((await all)[0]).toMatchObject({ reason: { code: "E_INVALID_INPUT" } });
      expect(calls).toEqual([[2, 3], [4]]);
    },
  );

  test("without a delay that a timer can wait, the others are waited for all the same", async () => {
    const { calls, double } = doubling({ maxDelay: Number.POSITIVE_INFINITY });
    const first = double(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual([]);
    await Promise.all([first, double(2), double(3)]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  test("calls from within a batch, or from within a size, wait for their own", async () => {
    const sent: number[][] = [];
    const more: Promise<number>[] = [];
    const call: (item: number) => Promise<number> = batched<number, number>(
      async (items) => {
        sent.push([...items]);
        if (items.includes(1)) more.push(call(10));
        return items;
      },
      {
        maxSize: 2,
        maxBytes: 100,
        bytesOf: (n): number => {
          if (n === 2) more.push(call(12));
          return 1;
        },
      },
    );
    const all = Promise.all([call(1), call(2)]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await all).toEqual([1, 2]);
    expect(await Promise.all(more)).toEqual([10, 12]);
    expect(sent).toEqual([
      [1, 12],
      [10, 2],
    ]);
  });

  test.each([
    { maxSize: 0 },
    { maxSize: Number.NaN },
    { maxSize: 1, maxBytes: 0 },
    { maxSize: 1, maxDelay: -1 },
  ])("%o is refused", (options) => {
    expect(() => batched<number, number>(async (items) => items, options)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });

  test("an item whose size cannot be told fails alone", async () => {
    const { calls, double } = doubling({
      maxBytes: 10,
      bytesOf: (n) => {
        if (n === 2) throw new Error("no size");
        return 1;
      },
    });
    const all = Promise.allSettled([double(1), double(2), double(3)]);
    await vi.advanceTimersByTimeAsync(10);
    expect((await all).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(calls).toEqual([[1, 3]]);
  });
});

describe("abort", () => {
  test("of a waiting item leaves it out", async () => {
    const { calls, double } = doubling();
    const controller = new AbortController();
    const [gone, kept] = [double(1, { signal: controller.signal }), double(2)];
    controller.abort("enough");
    await expect(gone).rejects.toMatchObject({ code: "E_ABORTED", cause: "enough" });
    await vi.advanceTimersByTimeAsync(10);
    expect(await kept).toBe(4);
    expect(calls).toEqual([[2]]);
  });

  test("of all waiting items sends nothing, and the next batch waits its own delay", async () => {
    const { calls, double } = doubling();
    const controller = new AbortController();
    const gone = double(1, { signal: controller.signal });
    await vi.advanceTimersByTimeAsync(9);
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: "E_ABORTED" });
    const kept = double(2);
    await vi.advanceTimersByTimeAsync(9);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await kept).toBe(4);
  });

  test("under way disturbs no other, and the last one who leaves stops the call", async () => {
    const seen: AbortSignal[] = [];
    const { opened, open } = gate();
    const call = batched<number, number>(
      async (items, { signal }) => {
        seen.push(signal);
        await opened;
        return items;
      },
      { maxSize: 2 },
    );
    const [a, b] = [new AbortController(), new AbortController()];
    const both = [call(1, { signal: a.signal }), call(2, { signal: b.signal })];
    const settled = Promise.allSettled(both);
    a.abort();
    await expect(both[0]).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(seen[0]?.aborted).toBe(false);
    b.abort("b left");
    expect(seen[0]).toMatchObject({ aborted: true, reason: "b left" });
    open();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("before the call is refused", async () => {
    const { calls, double } = doubling();
    await expect(double(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "E_ABORTED",
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toEqual([]);
  });
});

test("no listener stays on a signal that outlives the items", async () => {
  const { double } = doubling({ maxSize: 2 });
  const { signal } = new AbortController();
  await Promise.all([double(1, { signal }), double(2, { signal })]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("whatever the limits, every item gets its own answer and no batch is too large", async () => {
  vi.useRealTimers();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 200 }),
      async (items, maxSize, maxBytes) => {
        const { calls, double } = doubling({
          maxSize,
          maxBytes,
          bytesOf: (n) => n,
          maxDelay: 0,
        });
        const settled = await Promise.allSettled(items.map((n) => double(n)));
        expect(settled.map((s) => (s.status === "fulfilled" ? s.value : s.reason))).toEqual(
          items.map((n) => (n > 100 ? new RangeError(`no ${n}`) : n * 2)),
        );
        expect(calls.flat()).toEqual(items);
        for (const batch of calls) {
          expect(batch.length).toBeLessThanOrEqual(maxSize);
          const bytes = batch.reduce((sum, n) => sum + n, 0);
          expect(bytes <= maxBytes || batch.length === 1).toBe(true);
        }
      },
    ),
    { numRuns: 50 },
  );
});
