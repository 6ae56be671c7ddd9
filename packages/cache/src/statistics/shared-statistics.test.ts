import { type KeyValueStore, PalimpsestError } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { cacheKey } from "../cache-key.ts";
import { CacheStatistics } from "./cache-statistics.ts";
import { emptyCounters } from "./counters.ts";
import { SharedStatistics } from "./shared-statistics.ts";
import { totalOf } from "./summary.ts";
import { StatisticsFlush } from "./statistics-flush.ts";

const key = cacheKey({ scope: "", prefix: "llm", parts: [1] });

/** One process: its statistics and what carries them to the store. */
function processOn(store: KeyValueStore) {
  const statistics = new CacheStatistics();
  // Far apart: here nothing but the test itself flushes.
  const every = 3_600_000;
  const shared = new SharedStatistics({ store });
  const flush = new StatisticsFlush({ statistics, shared, every });
  const hit = (name: string, cost: number) =>
    statistics.record({
      type: "hit",
      tier: "memory",
      state: "fresh",
      key,
      class: name,
      bytes: 1,
      milliseconds: 3,
      savings: { tokens: 7, cost },
    });
  return { statistics, flush, hit };
}

const reading = (store: KeyValueStore) => new SharedStatistics({ store }).read();

describe("the sums of all processes", () => {
  test("are read by one that counted nothing", async () => {
    const store = new MemoryKeyValueStore();
    const [a, b] = [processOn(store), processOn(store)];
    a.hit("chat", 0.000_25);
    await a.flush.flush();
    a.hit("chat", 0.000_25);
    b.hit("chat", 1.5);
    b.hit("embedding", 0);
    await Promise.all([a.flush.flush(), b.flush.flush()]);
    const { classes } = await reading(store);
    expect(Object.keys(classes).toSorted()).toEqual(["chat", "embedding"]);
    expect(classes["chat"]).toMatchObject({ hits: 3, savedTokens: 21, savedCost: 1.5005 });
    expect(classes["chat"]?.hitLatency.reduce((sum, n) => sum + n, 0)).toBe(3);
    expect(classes["embedding"]).toMatchObject({ hits: 1, savedCost: 0 });
  });

  test("are those of one process counted in its own memory", async () => {
    const store = new MemoryKeyValueStore();
    const { statistics, flush, hit } = processOn(store);
    for (let i = 0; i < 20; i++) hit(`class ${i % 3}`, i);
    await flush.flush();
    expect((await reading(store)).classes).toEqual(statistics.snapshot().classes);
  });

  test("miss no fraction of money that is below a millionth at each flush", async () => {
    const store = new MemoryKeyValueStore();
    const { flush, hit } = processOn(store);
    for (let i = 0; i < 10; i++) {
      hit("chat", 0.000_000_3);
      await flush.flush();
    }
    expect((await reading(store)).classes["chat"]?.savedCost).toBeCloseTo(0.000_003, 9);
  });

  test("of two namespaces are apart", async () => {
    const store = new MemoryKeyValueStore();
    await new SharedStatistics({ store, namespace: "one" }).register("chat");
    expect(await new SharedStatistics({ store, namespace: "two" }).read()).toMatchObject({
      classes: {},
    });
  });
});

const failingPager = (): void => {
  throw new Error("pager away");
};

/** Fails at the nth increment. */
function failingAt(n: number) {
  const store = new MemoryKeyValueStore();
  const increment = store.increment.bind(store);
  let calls = 0;
  vi.spyOn(store, "increment").mockImplementation(async (...args) => {
    if (++calls === n) throw new PalimpsestError("E_UNAVAILABLE", "the store is away");
    return increment(...args);
  });
  return store;
}

describe("a flush", () => {
  test("that fails half-way counts nothing twice and loses nothing", async () => {
    for (const n of [1, 2, 3, 4]) {
      const store = failingAt(n);
      const { statistics, flush, hit } = processOn(store);
      hit("chat", 2);
      await expect(flush.flush()).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
      hit("chat", 2);
      await flush.flush();
      expect((await reading(store)).classes).toEqual(statistics.snapshot().classes);
    }
  });

  test("runs by itself, tells its error and comes again", async () => {
    vi.useFakeTimers();
    const store = failingAt(1);
    const statistics = new CacheStatistics();
    const errors: unknown[] = [];
    const shared = new SharedStatistics({ store });
    const onError = (error: unknown) => errors.push(error);
    const flush = new StatisticsFlush({ statistics, shared, every: 100, onError });
    statistics.record({ type: "miss", key, class: "chat" });
    await vi.advanceTimersByTimeAsync(100);
    expect(errors).toMatchObject([{ code: "E_UNAVAILABLE" }]);
    await vi.advanceTimersByTimeAsync(100);
    expect((await reading(store)).classes["chat"]?.misses).toBe(1);
    statistics.record({ type: "miss", key, class: "chat" });
    await flush[Symbol.asyncDispose]();
    expect((await reading(store)).classes["chat"]?.misses).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
  "a flush every %d ms is refused",
  (every) => {
    const shared = new SharedStatistics({ store: new MemoryKeyValueStore() });
    expect(() => new StatisticsFlush({ statistics: new CacheStatistics(), shared, every })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  },
);

test("a listener that throws costs a warning, and the next flush comes", async () => {
  vi.useFakeTimers();
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const store = failingAt(1);
  const statistics = new CacheStatistics();
  const onError = failingPager;
  const shared = new SharedStatistics({ store });
  await using _ = new StatisticsFlush({ statistics, shared, every: 100, onError });
  statistics.record({ type: "miss", key, class: "chat" });
  await vi.advanceTimersByTimeAsync(100);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("pager away"));
  await vi.advanceTimersByTimeAsync(100);
  expect((await reading(store)).classes["chat"]?.misses).toBe(1);
  warn.mockRestore();
  vi.useRealTimers();
});

test("a class may have any name", async () => {
  const store = new MemoryKeyValueStore();
  const { statistics, flush, hit } = processOn(store);
  const names = ["__proto__", "constructor", "a:b", "ü \n", "x".repeat(2_000)];
  for (const name of names) hit(name, 1);
  await flush.flush();
  const { classes } = await reading(store);
  expect(Object.keys(classes)).toEqual(names);
  expect(classes).toEqual(statistics.snapshot().classes);
  expect(totalOf({ at: 0, classes }).hits).toBe(names.length);
});

test("classes registered by many at once are listed once each, however many there are", async () => {
  const names = fc.array(
    fc.array(
      fc.nat(130).map((n) => `class ${n}`),
      { maxLength: 60 },
    ),
    {
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), names, async (scheduler, processes) => {
      const store = new MemoryKeyValueStore();
      const set = store.set.bind(store);
      vi.spyOn(store, "set").mockImplementation((...args) =>
        scheduler.schedule(Promise.resolve()).then(() => set(...args)),
      );
      const shared = new SharedStatistics({ store });
      await scheduler.waitFor(
        Promise.all(
          processes.map(async (list) => {
            for (const name of list) await shared.register(name);
          }),
        ),
      );
      const { classes } = await shared.read();
      expect(Object.keys(classes).toSorted()).toEqual([...new Set(processes.flat())].toSorted());
      const places = new Set(processes.flat()).size;
      expect(await store.getMany([`cache:t:class:${places}`])).toEqual([undefined]);
    }),
    { numRuns: 30 },
  );
});

test("a counter that holds no number is named", async () => {
  const store = new MemoryKeyValueStore();
  const shared = new SharedStatistics({ store });
  await shared.register("chat");
  await shared.add("chat", "hits", 1);
  const getMany = store.getMany.bind(store);
  vi.spyOn(store, "getMany").mockImplementation(async (keys, options) =>
    (await getMany(keys, options)).map((value, i) =>
      keys[i]?.endsWith(":hits") ? new Uint8Array([120]) : value,
    ),
  );
  await expect(shared.read()).rejects.toMatchObject({
    code: "E_CORRUPT",
    message: expect.stringContaining('hits of the cache class "chat"'),
  });
});

test("every field of the counters has a unit", () => {
  const { hitLatency, fillLatency, ...counts } = emptyCounters();
  const fields = [...SharedStatistics.unitsOf(emptyCounters()).keys()];
  expect(fields).toHaveLength(Object.keys(counts).length + hitLatency.length + fillLatency.length);
});
