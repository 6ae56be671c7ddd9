import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { CacheKey } from "./cache-key.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, testCache, testFleet } from "./fixtures/test-cache.ts";

const ttl = 60_000;
const keys = Array.from({ length: 5 }, (_, i) => keyOf(i));
const [a, b, c, d, e] = keys as [CacheKey, CacheKey, CacheKey, CacheKey, CacheKey];
const valueOf = (key: CacheKey): string => `value of ${keys.indexOf(key)}`;
const fillAll = async (missing: readonly CacheKey[]) => missing.map(valueOf);

test("what is missing is filled by one call, in order and each key once", async () => {
  const { cache } = testCache();
  await cache.set(b, "present", { ttl });
  const fill = vi.fn(fillAll);
  expect(await cache.getOrSetMany([a, b, a, c], fill, { ttl })).toEqual([
    valueOf(a),
    "present",
    valueOf(a),
    valueOf(c),
  ]);
  expect(fill.mock.calls.map(([missing]) => missing)).toEqual([[a, c]]);
  expect(await cache.getOrSetMany([c, a], fill, { ttl })).toEqual([valueOf(c), valueOf(a)]);
  expect(await cache.getOrSetMany([], fill, { ttl })).toEqual([]);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("partial hits from the store need no fill, and what is filled is there for other processes", async () => {
  const { fleet } = testFleet(3);
  await fleet[0]!.cache.getOrSetMany([a, b], fillAll, { ttl });
  await fleet[0]!.cache.close();
  const fill = vi.fn(fillAll);
  expect(await fleet[1]!.cache.getOrSetMany(keys, fill, { ttl })).toEqual(keys.map(valueOf));
  expect(fill.mock.calls.map(([missing]) => missing)).toEqual([[c, d, e]]);
  await fleet[1]!.cache.close();
  expect(await fleet[2]!.cache.getMany(keys)).toEqual(keys.map(valueOf));
});

test("a key that somebody else is filling is waited for, and one that a batch fills can be joined", async () => {
  const { cache } = testCache();
  const { opened, open } = gate();
  const single = cache.getOrSet(a, async () => (await opened, "single"), { ttl });
  const fill = vi.fn(async (missing: readonly CacheKey[]) => {
    await opened;
    return missing.map(valueOf);
  });
  const many = cache.getOrSetMany([a, b], fill, { ttl });
  const joined = cache.getOrSet(b, async () => "not called", { ttl });
  open();
  expect(await many).toEqual(["single", valueOf(b)]);
  expect([await single, await joined]).toEqual(["single", valueOf(b)]);
  expect(fill.mock.calls.map(([missing]) => missing)).toEqual([[b]]);
});

test("a fill that fails is everybody's failure, with the original error, except where a stale value may stand in", async () => {
  const { cache, clock } = testCache();
  const error = new Error("down");
  const options = { ttl: 1_000, staleIfError: 10_000 };
  await cache.getOrSetMany([a], fillAll, options);
  clock.advance(2_000);
  const fill = vi.fn(async () => Promise.reject(error));
  expect(await cache.getOrSetMany([a], fill, options)).toEqual([valueOf(a)]);
  const outcomes = await Promise.allSettled([
    cache.getOrSetMany([a, b], fill, options),
    cache.getOrSet(b, async () => "x", options),
  ]);
  expect(outcomes).toMatchObject([{ reason: error }, { reason: error }]);
  expect(cache.usage.fills).toBe(0);
});

test("a fill that returns too few values fails, and nothing is kept under a wrong key", async () => {
  const { cache } = testCache();
  const few = cache.getOrSetMany([a, b], async () => ["only one"], { ttl });
  await expect(few).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  expect(await cache.getMany([a, b])).toEqual([undefined, undefined]);
});

test("malformed options are refused before anything is asked", async () => {
  const { cache } = testCache();
  const fill = vi.fn(fillAll);
  await expect(cache.getOrSetMany([a], fill, { ttl: -1 })).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  expect(fill).not.toHaveBeenCalled();
  expect(cache.usage.fills).toBe(0);
});

test("one caller that leaves does not stop a batch; when all left it is stopped", async () => {
  const { cache } = testCache();
  const signals: AbortSignal[] = [];
  const fill = (_: readonly CacheKey[], { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<string[]>(() => undefined);
  };
  const [one, two] = [new AbortController(), new AbortController()];
  const first = cache.getOrSetMany([a, b], fill, { ttl, signal: one.signal });
  const second = cache.getOrSet(b, async () => "x", { ttl, signal: two.signal });
  await nextTurn();
  one.abort();
  await expect(first).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(signals[0]?.aborted).toBe(false);
  two.abort();
  await expect(second).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(signals[0]?.aborted).toBe(true);
});

test("stale values are served at once and refreshed behind the caller by one call", async () => {
  const { cache, clock } = testCache();
  const options = { ttl: 1_000, staleWhileRevalidate: 10_000 };
  await cache.getOrSetMany([a, b], fillAll, options);
  clock.advance(2_000);
  const fill = vi.fn(async (missing: readonly CacheKey[]) => missing.map(() => "new"));
  expect(await cache.getOrSetMany([a, b, c], fill, options)).toEqual([
    valueOf(a),
    valueOf(b),
    "new",
  ]);
  await vi.waitFor(() => expect(cache.get(a)).toBe("new"), 30_000);
  expect(fill.mock.calls.map(([missing]) => missing)).toEqual([[a, b], [c]]);
});

test("stale values from the store are served at once too", async () => {
  const { fleet, clock } = testFleet(2);
  const options = { ttl: 1_000, staleWhileRevalidate: 10_000 };
  await fleet[0]!.cache.getOrSetMany([a, b], fillAll, options);
  await fleet[0]!.cache.close();
  clock.advance(2_000);
  const fill = vi.fn(async (missing: readonly CacheKey[]) => missing.map(() => "new"));
  expect(await fleet[1]!.cache.getOrSetMany([a, b], fill, options)).toEqual([
    valueOf(a),
    valueOf(b),
  ]);
  await vi.waitFor(() => expect(fleet[1]!.cache.get(a)).toBe("new"), 30_000);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("an invalidation during a batch keeps its values out of the cache", async () => {
  const { cache } = testCache();
  const { opened, open } = gate();
  const options = { ttl, tags: ["user:1"] };
  const old = cache.getOrSetMany(
    [a, b],
    async (missing) => (await opened, missing.map(valueOf)),
    options,
  );
  await nextTurn();
  await cache.invalidateTags(["user:1"]);
  open();
  await old;
  expect(await cache.getMany([a, b])).toEqual([undefined, undefined]);
});

test("a remembered error is thrown again for a batch", async () => {
  const { cache } = testCache();
  const options = { ttl, negativeTtl: () => 1_000 };
  const fill = vi.fn(async () => Promise.reject(new Error("down")));
  await expect(cache.getOrSetMany([a, b], fill, options)).rejects.toThrow("down");
  await expect(cache.getOrSetMany([b, c], fill, options)).rejects.toThrow("down");
  expect(fill).toHaveBeenCalledTimes(2);
  await expect(cache.getOrSetMany([b], fill, options)).rejects.toThrow("down");
  expect(fill).toHaveBeenCalledTimes(2);
});
