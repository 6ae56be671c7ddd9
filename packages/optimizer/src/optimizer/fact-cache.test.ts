import { TestClock } from "@palimpsest/core/testing";
import { describe, expect, test } from "vitest";
import { FactCache, factKeyOf } from "./fact-cache.ts";

function open(capacity: number = 3, now?: number) {
  const clock = new TestClock(now);
  return { clock, cache: new FactCache({ capacity, ttlMs: 1000, clock }) };
}

describe("as v1's LRU cache", () => {
  test("the least recently used goes first", () => {
    const { cache } = open();
    for (const userId of ["k1", "k2", "k3"]) cache.put({ userId }, userId);
    expect(cache.get({ userId: "k1" })).toBe("k1");
    cache.put({ userId: "k4" }, "k4");
    expect(cache.get({ userId: "k2" })).toBeUndefined();
    expect(cache.get({ userId: "k1" })).toBe("k1");
    expect(cache.stats.evictions).toBe(1);
  });

  test("an update evicts nothing and renews the time to live", () => {
    const { cache, clock } = open();
    for (const userId of ["k1", "k2", "k3"]) cache.put({ userId }, userId);
    clock.advance(900);
    cache.put({ userId: "k1" }, "new");
    clock.advance(900);
    expect(cache.get({ userId: "k1" })).toBe("new");
    expect(cache.get({ userId: "k2" })).toBeUndefined();
    expect(cache.stats.evictions).toBe(0);
  });

  test("lives for its time and not longer; reading does not renew it", () => {
    const { cache, clock } = open();
    cache.put({ userId: "u" }, "text");
    clock.advance(1000);
    expect(cache.get({ userId: "u" })).toBe("text");
    clock.advance(100);
    expect(cache.get({ userId: "u" })).toBeUndefined();
    expect(cache.stats).toMatchObject({ size: 0, hits: 1, misses: 1, hitRate: 50, missRate: 50 });
  });

  test("what is stored at the start of the epoch expires too", () => {
    const { cache, clock } = open(3, 0);
    cache.put({ userId: "u" }, "text");
    clock.advance(1001);
    expect(cache.get({ userId: "u" })).toBeUndefined();
  });

  test("cleaning up counts what had expired", () => {
    const { cache, clock } = open();
    cache.put({ userId: "a" }, "a");
    cache.put({ userId: "b" }, "b");
    clock.advance(1001);
    cache.put({ userId: "c" }, "c");
    expect(cache.cleanupExpired()).toBe(2);
    expect(cache.cleanupExpired()).toBe(0);
    expect(cache.stats.size).toBe(1);
  });

  test("a capacity of 0 stores nothing", () => {
    const { cache } = open(0);
    cache.put({ userId: "u" }, "text");
    expect(cache.isEnabled).toBe(false);
    expect(cache.get({ userId: "u" })).toBeUndefined();
    expect(cache.stats).toMatchObject({ size: 0, capacity: 0, misses: 1 });
    expect(cache.invalidateUser("u") + cache.cleanupExpired()).toBe(0);
  });

  test("rates of a cache that nobody asked are 0 and 100", () => {
    expect(open().cache.stats).toMatchObject({ totalRequests: 0, hitRate: 0, missRate: 100 });
  });
});

describe("keys", () => {
  test("cannot run into each other", () => {
    const { cache } = open(10);
    cache.put({ userId: "a", category: "b:c", key: "k" }, "a's");
    expect(cache.get({ userId: "a:b", category: "c", key: "k" })).toBeUndefined();
    expect(cache.get({ userId: "a", category: "b", key: "c:k" })).toBeUndefined();
    expect(cache.get({ userId: "a", category: "b:c", key: "k" })).toBe("a's");
    cache.put({ userId: "u", key: "x" }, "without category");
    expect(cache.get({ userId: "u", category: "x" })).toBeUndefined();
    cache.put({ userId: 7 }, "number");
    expect(cache.get({ userId: "7" })).toBeUndefined();
  });

  test("invalidating one user leaves all others", () => {
    const { cache } = open(10);
    cache.put({ userId: "a" }, "1");
    cache.put({ userId: "a", category: "c", key: "k" }, "2");
    const others = [
      { userId: "a:b" },
      { userId: 'a","' },
      { userId: "ab", category: "c" },
      { userId: "A" },
    ];
    for (const other of others) cache.put(other, "other");
    cache.put({ userId: 71 }, "other");
    expect(cache.invalidateUser(7)).toBe(0);
    expect(cache.invalidateUser("a")).toBe(2);
    for (const other of others) expect(cache.get(other)).toBe("other");
    expect(cache.get({ userId: "a" })).toBeUndefined();
  });

  test("come from the fact, or there is none", () => {
    const fact = { user_id: "u", category: 0, key: "k", value: 1 };
    expect(factKeyOf(fact)).toEqual({ userId: "u", category: 0, key: "k" });
    expect(factKeyOf({ value: 1 })).toBeUndefined();
    expect(factKeyOf({ user_id: null })).toBeUndefined();
    expect(factKeyOf(["u"])).toBeUndefined();
    expect(factKeyOf(Object.create({ user_id: "inherited" }))).toBeUndefined();
    expect(() => factKeyOf({ user_id: "u", key: {} })).toThrow(/key of a cached fact/);
  });
});

test("resetting the statistics keeps the entries", () => {
  const { cache } = open();
  cache.put({ userId: "u" }, "text");
  cache.get({ userId: "u" });
  cache.resetStats();
  expect(cache.stats).toMatchObject({ hits: 0, size: 1 });
});
