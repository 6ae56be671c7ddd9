import { setImmediate as nextTurn } from "node:timers/promises";
import { TestClock } from "@palimpsest/core/testing";
import { expect, test, vi } from "vitest";
import type { EntryOptions } from "./cache.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

const key = keyOf("question");
const fail = async (): Promise<string> => Promise.reject(new Error("down"));

test("an entry is fresh until its ttl ends, and then filled again", async () => {
  const { cache, clock } = testCache();
  const fill = vi.fn(async () => clock.now());
  const first = await cache.getOrSet(key, fill, { ttl: 1_000 });
  clock.advance(999);
  expect(cache.getOrSet(key, fill, { ttl: 1_000 })).toBe(first);
  expect(cache.get(key)).toBe(first);
  clock.advance(1);
  expect(await cache.get(key)).toBeUndefined();
  expect(await cache.getOrSet(key, fill, { ttl: 1_000 })).toBe(first + 1_000);
});

test("1,000 reads of a stale entry are answered at once and cost 1 refresh, told as background work", async () => {
  const { cache, clock, events } = testCache();
  const options = { ttl: 1_000, staleWhileRevalidate: 1_000 };
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(1_500);
  const { opened, open } = gate();
  const fill = vi.fn(async ({ background }: { background: boolean }) => {
    await opened;
    return background ? "new" : "wrong";
  });
  for (let i = 0; i < 1_000; i++) expect(cache.getOrSet(key, fill, options)).toBe("old");
  open();
  await nextTurn();
  expect(fill).toHaveBeenCalledTimes(1);
  expect(cache.getOrSet(key, fill, options)).toBe("new");
  expect(events.filter(({ type }) => type === "fill")).toMatchObject([
    { background: false, changed: undefined },
    { background: true, changed: true },
  ]);
});

test("a refresh that brings an equal value says so", async () => {
  const { cache, clock, events } = testCache();
  const options = { ttl: 1_000, staleWhileRevalidate: 1_000 };
  await cache.getOrSet(key, async () => ({ a: [1] }), options);
  clock.advance(1_500);
  void cache.getOrSet(key, async () => ({ a: [1] }), options);
  await nextTurn();
  expect(events.at(-1)).toMatchObject({ type: "fill", changed: false });
});

test("past the stale time callers wait for the fill", async () => {
  const { cache, clock } = testCache();
  const options = { ttl: 1_000, staleWhileRevalidate: 1_000 };
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(2_000);
  expect(await cache.getOrSet(key, async () => "new", options)).toBe("new");
});

test("a refresh that fails is left alone for a second, and the stale value stays", async () => {
  const { cache, clock } = testCache();
  const options = { ttl: 1_000, staleWhileRevalidate: 10_000 };
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(1_500);
  const fill = vi.fn(async () => Promise.reject(new Error("down")));
  for (let i = 0; i < 20; i++) {
    expect(cache.getOrSet(key, fill, options)).toBe("old");
    await nextTurn();
  }
  expect(fill).toHaveBeenCalledTimes(1);
  clock.advance(1_000);
  expect(cache.getOrSet(key, fill, options)).toBe("old");
  await nextTurn();
  expect(fill).toHaveBeenCalledTimes(2);
});

test("a failing fill is stood in for by the last value, for as long as that was allowed", async () => {
  const { cache, clock, told } = testCache();
  const options = { ttl: 1_000, staleIfError: 5_000 };
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(3_000);
  expect(await cache.getOrSet(key, fail, options)).toBe("old");
  expect(told()).toContain("memory stale-if-error");
  clock.advance(3_000);
  await expect(cache.getOrSet(key, fail, options)).rejects.toThrow("down");
});

test("an invalidated value never stands in for a failing fill", async () => {
  const { cache, clock } = testCache();
  const options = { ttl: 1_000, staleIfError: 5_000, tags: ["user:1"] };
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(1_500);
  await cache.invalidateTags(["user:1"]);
  await expect(cache.getOrSet(key, fail, options)).rejects.toThrow("down");
});

test("errors are remembered by class, for as long as their class says", async () => {
  const { cache, clock, told } = testCache();
  const options: EntryOptions = {
    ttl: 1_000,
    negativeTtl: (error) => (error instanceof RangeError ? 500 : undefined),
  };
  const missing = new RangeError("no such model");
  const fill = vi.fn(async () => Promise.reject(missing));
  for (let i = 0; i < 3; i++)
    await expect(cache.getOrSet(key, fill, options)).rejects.toBe(missing);
  expect(fill).toHaveBeenCalledTimes(1);
  expect(told().filter((type) => type === "negative-hit")).toHaveLength(2);
  clock.advance(500);
  await expect(cache.getOrSet(key, fill, options)).rejects.toBe(missing);
  expect(fill).toHaveBeenCalledTimes(2);
  const other = vi.fn(async () => Promise.reject(new Error("busy")));
  for (let i = 0; i < 2; i++) {
    await expect(cache.getOrSet(keyOf("other"), other, options)).rejects.toThrow("busy");
  }
  expect(other).toHaveBeenCalledTimes(2);
});

test("a remembered error is forgotten with its tags, its key, or by a value", async () => {
  for (const forget of [
    (cache: TieredCache) => cache.invalidateTags(["user:1"]),
    (cache: TieredCache) => cache.delete([key]),
    (cache: TieredCache) => cache.clear(),
  ]) {
    const { cache } = testCache();
    const options = { ttl: 1_000, tags: ["user:1"], negativeTtl: () => 60_000 };
    await expect(
      cache.getOrSet(key, async () => Promise.reject(new Error("down")), options),
    ).rejects.toThrow("down");
    await forget(cache);
    expect(await cache.getOrSet(key, async () => "answer", options)).toBe("answer");
  }
});

test("early refreshes are the likelier the nearer the end, and nobody waits for them", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const counts: number[] = [];
  for (const left of [400, 40, 4]) {
    let refreshes = 0;
    for (let draw = 0; draw < 100; draw++) {
      const memory = { maxEntries: 1 };
      const { cache, clock } = testCache({ random: () => draw / 100, memory });
      // The fill takes no time, for which one millisecond is taken; beta makes it twenty.
      const options = { ttl: 1_000, jitter: 0, earlyRefresh: 20 };
      await cache.getOrSet(key, async () => "value", options);
      clock.advance(1_000 - left);
      const fill = async () => `refreshed ${++refreshes}`;
      expect(cache.getOrSet(key, fill, options)).toBe("value");
      await nextTurn();
    }
    counts.push(refreshes);
  }
  vi.useRealTimers();
  const [far, near, nearest] = counts;
  expect(far).toBeLessThanOrEqual(1);
  expect(near).toBeGreaterThan(5);
  expect(nearest).toBeGreaterThan(near! * 3);
});

test("a random that gives no share costs no entry its ttl, and is warned of", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const { cache } = testCache({ random: () => Number.NaN });
  await cache.getOrSet(key, async () => "x", { ttl: 1_000, jitter: 0.2 });
  expect(cache.get(key)).toBe("x");
  expect(warn).toHaveBeenCalled();
  warn.mockRestore();
});

test("jitter shortens a ttl by at most its share, and not every time alike", async () => {
  const lives = new Set<number>();
  for (const draw of [0, 0.25, 0.5, 0.999]) {
    const { cache, clock } = testCache({ random: () => draw });
    await cache.getOrSet(key, async () => "x", { ttl: 1_000, jitter: 0.2 });
    let life = 0;
    while (cache.get(key) === "x") {
      clock.advance(10);
      life += 10;
    }
    expect(life).toBeGreaterThanOrEqual(800);
    expect(life).toBeLessThanOrEqual(1_000);
    lives.add(life);
  }
  expect(lives.size).toBeGreaterThan(2);
});

test("a forced refresh fills behind a fresh value that others still get", async () => {
  const { cache } = testCache();
  await cache.getOrSet(key, async () => "old", { ttl: 1_000 });
  const { opened, open } = gate();
  const seen: boolean[] = [];
  const fill = async ({ background }: { background: boolean }) => {
    seen.push(background);
    await opened;
    return "new";
  };
  const refreshed = cache.getOrSet(key, fill, { ttl: 1_000, refresh: true, background: true });
  expect(cache.getOrSet(key, fill, { ttl: 1_000 })).toBe("old");
  open();
  expect(await refreshed).toBe("new");
  expect(cache.get(key)).toBe("new");
  expect(seen).toEqual([true]);
});

test("on the machine's own clock an entry ends too", async () => {
  vi.useFakeTimers();
  const cache = new TieredCache();
  await cache.getOrSet(key, async () => "old", { ttl: 1_000, jitter: 0 });
  expect(cache.get(key)).toBe("old");
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await cache.getOrSet(key, async () => "new", { ttl: 1_000 })).toBe("new");
  vi.useRealTimers();
});

test("a listener or a savings function that throws is reported and costs nobody a value", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  const cache = new TieredCache({
    clock: new TestClock(),
    onEvent: () => {
      throw new Error("listener");
    },
  });
  const options: EntryOptions = {
    ttl: 1_000,
    savings: () => {
      throw new Error("savings");
    },
  };
  expect(await cache.getOrSet(key, async () => "x", options)).toBe("x");
  expect(cache.get(key)).toBe("x");
  expect(warned.mock.calls.map(([message]) => message)).toEqual(
    expect.arrayContaining([
      expect.stringContaining("listener"),
      expect.stringContaining("savings"),
    ]),
  );
  warned.mockRestore();
});
