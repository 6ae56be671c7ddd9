import { setImmediate as nextTurn } from "node:timers/promises";
import type { KeyValueStore } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { TestClock } from "@palimpsest/core/testing";
import { expect, test, vi } from "vitest";
import type { CacheEvent } from "./cache-event.ts";
import { keyOf, listening, testCache } from "./fixtures/test-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");

const throwAtOnce = (): never => {
  throw new Error("at once");
};

/** A store that answers as no store may. */
function lying(answers: Partial<Record<keyof KeyValueStore, unknown>>): KeyValueStore {
  return Object.assign(new MemoryKeyValueStore(), answers);
}

const answers: Record<string, unknown> = {
  nothing: async () => undefined,
  "no promise": () => undefined,
  "too few": async () => [],
  "too many": async (keys: readonly string[]) => [...keys, 1].map(() => Uint8Array.of(1)),
  null: async (keys: readonly string[]) => keys.map(() => null),
  texts: async (keys: readonly string[]) => keys.map(() => "5"),
  numbers: async (keys: readonly string[]) => keys.map(() => 5),
  "an error at once": throwAtOnce,
  "no error": async () => Promise.reject(),
};

test.for(Object.entries(answers))(
  "a store that answers %s costs nobody a value, and the error is counted",
  async ([, getMany]) => {
    const events: CacheEvent[] = [];
    const store = lying({ getMany });
    const onEvent = (event: CacheEvent): void => void events.push(event);
    const cache = new TieredCache({ store, deadline: 30_000, onEvent });
    expect(await cache.getOrSet(key, async () => "answer", { ttl })).toBe("answer");
    expect(await cache.getOrSetMany([keyOf(1)], async () => ["one"], { ttl })).toEqual(["one"]);
    expect(await cache.get(keyOf(2))).toBeUndefined();
    await cache.set(keyOf(3), "set", { ttl });
    expect(cache.get(keyOf(3))).toBe("set");
    expect(events.filter(({ type }) => type === "store-error")).not.toEqual([]);
    await cache.close();
    expect(cache.usage.fills).toBe(0);
  },
);

test("a store whose every method throws at once costs nobody a value, and leaves no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const methods = ["getMany", "set", "delete", "increment", "lease"] as const;
  const store = lying(Object.fromEntries(methods.map((method) => [method, throwAtOnce])));
  const cache = new TieredCache({ store, clock: new TestClock(), breakAfter: 1_000_000 });
  expect(await cache.getOrSet(key, async () => "answer", { ttl })).toBe("answer");
  await expect(cache.delete([key])).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  await cache.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a value by a clock that is ahead lives no longer than its ttl from when it was read", async () => {
  const store = new MemoryKeyValueStore();
  const clock = new TestClock();
  const ahead = testCache({ store, clock: new TestClock(clock.now() + 3_600_000) });
  await ahead.cache.set(key, "early", { ttl });
  const { cache } = testCache({ store, clock });
  await listening(cache);
  const fill = vi.fn(async () => "filled");
  expect(await cache.getOrSet(key, fill, { ttl })).toBe("early");
  expect(cache.get(key)).toBe("early");
  clock.advance(ttl);
  await store.delete([`cache:v:${key}`]);
  expect(await cache.getOrSet(key, fill, { ttl })).toBe("filled");
});

test("a clock that goes back keeps no entry and no error for longer", async () => {
  const { cache, clock } = testCache();
  await cache.set(key, "early", { ttl });
  const failing = keyOf("failing");
  const options = { ttl, negativeTtl: () => ttl };
  await expect(cache.getOrSet(failing, throwAtOnce, options)).rejects.toThrow("at once");
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
  await nextTurn();
  await expect(cache.close()).resolves.toBeUndefined();
});
