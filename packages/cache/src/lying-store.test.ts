import { setTimeout as delay } from "node:timers/promises";
import type { KeyValueStore } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { TestClock } from "@palimpsest/core/testing";
import { expect, test, vi } from "vitest";
import type { CacheEvent } from "./cache-event.ts";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");

/** A store that answers as no store may. */
function lying(answers: Partial<Record<keyof KeyValueStore, unknown>>): KeyValueStore {
  return Object.assign(new MemoryKeyValueStore(), answers);
}

test("answers that no store may give are counted errors, and callers get their values", async () => {
  const getManys: Record<string, unknown> = {
    nothing: async () => undefined,
    "no promise": () => undefined,
    "too few": async () => [],
    "too many": async (keys: readonly string[]) => [...keys, 1].map(() => Uint8Array.of(1)),
    null: async (keys: readonly string[]) => keys.map(() => null),
    texts: async (keys: readonly string[]) => keys.map(() => "5"),
    numbers: async (keys: readonly string[]) => keys.map(() => 5),
    "throws at once": () => {
      throw new Error("at once");
    },
    "throws nothing": async () => Promise.reject(),
  };
  for (const [name, getMany] of Object.entries(getManys)) {
    const events: CacheEvent[] = [];
    const store = lying({ getMany });
    const cache = new TieredCache({ store, onEvent: (event) => void events.push(event) });
    expect(await cache.getOrSet(key, async () => "answer", { ttl }), name).toBe("answer");
    expect(await cache.getOrSetMany([keyOf(1)], async () => ["one"], { ttl })).toEqual(["one"]);
    expect(await cache.get(keyOf(2))).toBeUndefined();
    await cache.set(keyOf(3), "set", { ttl });
    expect(cache.get(keyOf(3))).toBe("set");
    expect(events, name).toContainEqual(
      expect.objectContaining({ type: "store-error", reason: "failed" }),
    );
    await cache.close();
    expect(cache.usage.fills).toBe(0);
  }
});

test("a store whose every method throws at once costs nobody a value and holds no timer", async () => {
  const refuse = (): never => {
    throw new Error("at once");
  };
  const methods = ["getMany", "set", "delete", "increment", "lease"] as const;
  const store = lying(Object.fromEntries(methods.map((method) => [method, refuse])));
  const cache = new TieredCache({ store, breakAfter: 1_000_000 });
  const timers = vi.spyOn(globalThis, "clearTimeout");
  expect(await cache.getOrSet(key, async () => "answer", { ttl })).toBe("answer");
  expect(timers).toHaveBeenCalled();
  timers.mockRestore();
  await expect(cache.delete([key])).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  await cache.close();
});

test("a value by a clock that is ahead lives no longer than its ttl from when it was read", async () => {
  const store = new MemoryKeyValueStore();
  const clock = new TestClock();
  const ahead = testCache({ store, clock: new TestClock(clock.now() + 3_600_000) });
  await ahead.cache.set(key, "early", { ttl });
  const { cache } = testCache({ store, clock });
  const fill = vi.fn(async () => "filled");
  expect(await cache.getOrSet(key, fill, { ttl })).toBe("early");
  clock.advance(ttl);
  await store.delete([`cache:v:${key}`]);
  expect(await cache.getOrSet(key, fill, { ttl })).toBe("filled");
});

test("a clock that goes back keeps no entry and no error for longer", async () => {
  const { cache, clock } = testCache();
  await cache.set(key, "early", { ttl });
  const fail = async (): Promise<never> => Promise.reject(new Error("failed"));
  const failing = keyOf("failing");
  await expect(cache.getOrSet(failing, fail, { ttl, negativeTtl: () => ttl })).rejects.toThrow();
  clock.advance(-3_600_000);
  expect(await cache.getOrSet(key, async () => "filled", { ttl })).toBe("filled");
  expect(await cache.getOrSet(failing, async () => "filled", { ttl })).toBe("filled");
});

test("closing does not wait for a subscription that cannot end", async () => {
  const store = lying({
    channels: {
      publish: async () => undefined,
      subscribe: async () => ({ [Symbol.asyncDispose]: () => new Promise(() => undefined) }),
    },
  });
  const cache = new TieredCache({ store, invalidationDeadline: 50 });
  await cache.get(key);
  await delay(5);
  await cache.close();
});
