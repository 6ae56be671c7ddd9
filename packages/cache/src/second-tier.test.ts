import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { TestClock } from "@palimpsest/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cacheKey } from "./cache-key.ts";
import { FaultStore } from "./fixtures/fault-store.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, listening, testCache, testFleet } from "./fixtures/test-cache.ts";
import { StoreNames } from "./keys/store-names.ts";

const ttl = 60_000;
const key = keyOf("question");
const names = new StoreNames("cache");

test("a value that one process filled is another's without a fill, as it was", async () => {
  const { fleet, store } = testFleet(2);
  const [one, two] = fleet;
  const value = { text: "answer", at: new Date(5), vector: Float32Array.of(1, 2) };
  const savings = { tokens: 10, cost: 0.5 };
  const options = { ttl, class: "chat", savings: () => savings };
  await one!.cache.getOrSet(key, async () => value, options);
  await one!.cache.close();
  await listening(two!.cache);
  const fill = vi.fn(async () => value);
  const found = await two!.cache.getOrSet(key, fill, { ttl });
  expect(found).toEqual(value);
  expect(found).not.toBe(value);
  expect(fill).not.toHaveBeenCalled();
  // Class and savings travel with the value.
  expect(two!.events.filter(({ type }) => type === "hit")).toMatchObject([
    { tier: "store", state: "fresh", class: "chat", savings },
  ]);
  // The hit was kept in memory.
  const { getMany } = store.calls;
  expect(two!.cache.get(key)).toBe(found);
  expect(store.calls.getMany).toBe(getMany);
});

test("undefined, null and texts cross processes too", async () => {
  const { fleet } = testFleet(2);
  for (const value of [undefined, null, "", "tea ".repeat(5_000)]) {
    const own = keyOf("value", String(value).length, value === null);
    await fleet[0]!.cache.set(own, value, { ttl });
    const fill = vi.fn(async () => "filled");
    expect(await fleet[1]!.cache.getOrSet<unknown>(own, fill, { ttl })).toBe(value);
    expect(fill).not.toHaveBeenCalled();
  }
});

test("a value that has no bytes stays in its process, and an event says so", async () => {
  const { fleet } = testFleet(2);
  const value = new Map([["a", 1]]);
  await fleet[0]!.cache.getOrSet(key, async () => value, { ttl });
  await fleet[0]!.cache.close();
  expect(fleet[0]!.events).toContainEqual(
    expect.objectContaining({ type: "store-error", operation: "write", reason: "unencodable" }),
  );
  expect(await fleet[1]!.cache.get(key)).toBeUndefined();
});

test("a stale value from the store is served at once and refreshed behind the caller", async () => {
  const { fleet, clock } = testFleet(2);
  const options = { ttl: 1_000, staleWhileRevalidate: 10_000 };
  await fleet[0]!.cache.set(key, "old", options);
  clock.advance(2_000);
  const { opened, open } = gate();
  const fill = vi.fn(async () => (await opened, "new"));
  expect(await fleet[1]!.cache.getOrSet(key, fill, options)).toBe("old");
  open();
  await vi.waitFor(() => expect(fleet[1]!.cache.get(key)).toBe("new"), 30_000);
  expect(fill).toHaveBeenCalledTimes(1);
  expect(fleet[1]!.told()).toContain("store stale");
});

test("a value from the store stands in for a failing fill", async () => {
  const { fleet, clock } = testFleet(2);
  const options = { ttl: 1_000, staleIfError: 10_000 };
  await fleet[0]!.cache.set(key, "old", options);
  clock.advance(2_000);
  const failed = fleet[1]!.cache.getOrSet(key, async () => Promise.reject(new Error("x")), options);
  expect(await failed).toBe("old");
});

describe("poisoned values are misses and counted errors", () => {
  const other = cacheKey({ scope: "evil", prefix: "llm/chat", parts: ["question"] });

  test.each<[string, (own: Uint8Array, foreign: Uint8Array) => Uint8Array]>([
    ["random bytes", () => crypto.getRandomValues(new Uint8Array(300))],
    ["nothing", () => new Uint8Array()],
    ["a truncated value", (own) => own.slice(0, -5)],
    ["a flipped bit", (own) => own.map((byte, i) => (i === own.length - 1 ? byte ^ 1 : byte))],
    ["a newer version", (own) => own.map((byte, i) => (i === 0 ? 9 : byte))],
    ["another tenant's value", (_, foreign) => foreign],
  ])("%s", async (_, poison) => {
    const { fleet, store } = testFleet(2);
    await fleet[0]!.cache.set(key, "mine", { ttl });
    await fleet[0]!.cache.set(other, "secret of another tenant", { ttl });
    const [own, foreign] = await store.getMany([names.value(key), names.value(other)]);
    await store.set(names.value(key), poison(own!, foreign!));
    const reader = fleet[1]!;
    expect(await reader.cache.get(key)).toBeUndefined();
    expect(await reader.cache.getMany([other, key])).toEqual([
      "secret of another tenant",
      undefined,
    ]);
    expect(await reader.cache.getOrSet(key, async () => "filled", { ttl })).toBe("filled");
    const errors = reader.events.filter(({ type }) => type === "store-error");
    expect(errors.length).toBeGreaterThanOrEqual(3);
    for (const error of errors)
      expect(error).toMatchObject({ operation: "read", reason: "corrupt" });
    // The fill has healed it.
    await reader.cache.close();
    expect(await fleet[0]!.cache.getOrSet(key, async () => "x", { ttl, refresh: true })).toBe("x");
  });

  test("a stamp that is no number makes misses, not errors for callers", async () => {
    const { fleet, store } = testFleet(2);
    await fleet[0]!.cache.set(key, "value", { ttl, tags: ["a"] });
    await store.set(names.stamp("t:a"), Buffer.from("garbage"));
    expect(await fleet[1]!.cache.getOrSet(key, async () => "filled", { ttl, tags: ["a"] })).toBe(
      "filled",
    );
  });
});

/** Milliseconds until a call is answered, in time that passes only here. */
async function waitOf(call: () => unknown): Promise<number> {
  const state = { isDone: false };
  void Promise.resolve(call()).then(() => (state.isDone = true));
  for (let ms = 0; ms < 5_000; ms++) {
    if (state.isDone) return ms;
    await vi.advanceTimersByTimeAsync(1);
  }
  return Number.POSITIVE_INFINITY;
}

describe("with a store that is in trouble", () => {
  let store: FaultStore;

  beforeEach(() => {
    store = new FaultStore(new MemoryKeyValueStore({ clock: new TestClock() }));
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a stalled store delays a cold key by its deadline, all questions together (the peers: more than 4 s)", async () => {
    const { cache, told } = testCache({ store, deadline: 25, breakAfter: 100 });
    store.mode = "stalls";
    for (let i = 0; i < 5; i++) {
      const wait = await waitOf(() => cache.getOrSet(keyOf(i), async () => i, { ttl }));
      expect(wait).toBeLessThanOrEqual(27);
    }
    expect(await waitOf(() => cache.get(keyOf("other")))).toBeLessThanOrEqual(27);
    expect(await waitOf(() => cache.set(keyOf("set"), 1, { ttl }))).toBeLessThanOrEqual(27);
    expect(await waitOf(() => cache.getMany([keyOf("a"), keyOf("b")]))).toBeLessThanOrEqual(27);
    expect(told()).toContain("store-error");
  });

  test.each(["getMany", "lease", "set"] as const)(
    "also when it stalls in %s only",
    async (method) => {
      const { cache } = testCache({ store, deadline: 25, breakAfter: 100 });
      store.mode = "stalls";
      store.only = [method];
      const wait = await waitOf(() => cache.getOrSet(key, async () => "x", { ttl }));
      expect(wait).toBeLessThanOrEqual(27);
    },
  );

  test("a hot key does not notice a stalled store", async () => {
    const { cache } = testCache({ store });
    const first = cache.getOrSet(key, async () => "hot", { ttl });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await first).toBe("hot");
    await waitOf(() => cache.getOrSet(key, async () => "hot", { ttl }));
    store.mode = "stalls";
    for (let i = 0; i < 50; i++) {
      expect(cache.getOrSet(key, async () => "filled", { ttl })).toBe("hot");
      await vi.advanceTimersByTimeAsync(100);
    }
  });

  test("after three failures the store is left alone; probes in the background find it again, and no caller waits for one", async () => {
    const { cache, events } = testCache({
      store,
      deadline: 1_000,
      breakAfter: 3,
      syncInterval: 1_000,
    });
    store.mode = "stalls";
    for (let i = 0; i < 4; i++)
      await waitOf(() => cache.getOrSet(keyOf(i), async () => i, { ttl }));
    expect(cache.usage.store).toBe("open");
    const calls = { ...store.calls };
    for (let i = 0; i < 20; i++) {
      expect(
        await waitOf(() => cache.getOrSet(keyOf("open", i), async () => i, { ttl })),
      ).toBeLessThanOrEqual(1);
    }
    // Nothing but at most one probe went to the store meanwhile.
    expect(store.calls.getMany - calls.getMany).toBeLessThanOrEqual(1);
    expect(store.calls.lease).toBe(calls.lease);
    // While the probe hangs, callers are not held up either.
    await vi.advanceTimersByTimeAsync(1_005);
    expect(
      await waitOf(() => cache.getOrSet(keyOf("probe"), async () => 1, { ttl })),
    ).toBeLessThanOrEqual(1);
    store.mode = "works";
    await vi.advanceTimersByTimeAsync(3_000);
    expect(cache.usage.store).toBe("closed");
    expect(events.flatMap((event) => (event.type === "store-state" ? event.state : []))).toEqual([
      "open",
      "closed",
    ]);
    const { set } = store.calls;
    await waitOf(() => cache.getOrSet(keyOf("back"), async () => 1, { ttl }));
    await vi.advanceTimersByTimeAsync(100);
    expect(store.calls.set).toBeGreaterThan(set);
  });

  test("a store that refuses costs no wait at all (the peers: more than 3 s)", async () => {
    const { cache } = testCache({ store });
    store.mode = "refuses";
    expect(await waitOf(() => cache.getOrSet(key, async () => "x", { ttl }))).toBeLessThanOrEqual(
      1,
    );
    expect(cache.get(key)).toBe("x");
  });

  test("a write that stalls holds up neither the filler nor who asks next", async () => {
    const { cache } = testCache({ store, deadline: 25 });
    store.before = (method) => (method === "set" ? new Promise(() => undefined) : undefined);
    // The first fill also makes the stamps, which is a question before the fill.
    await waitOf(() => cache.getOrSet(keyOf("first"), async () => 1, { ttl }));
    store.before = undefined;
    await waitOf(() => cache.getOrSet(keyOf("second"), async () => 1, { ttl }));
    store.before = (method) => (method === "set" ? new Promise(() => undefined) : undefined);
    expect(await waitOf(() => cache.getOrSet(key, async () => "x", { ttl }))).toBeLessThanOrEqual(
      1,
    );
    expect(cache.get(key)).toBe("x");
  });

  test("a lease that is granted after the deadline is given back", async () => {
    const { cache } = testCache({ store, deadline: 25 });
    const late = gate();
    store.after = (method) => (method === "lease" ? late.opened : undefined);
    await waitOf(() => cache.getOrSet(key, async () => "x", { ttl }));
    store.after = undefined;
    expect(await store.lease(names.value(key), 1_000)).toBeUndefined();
    late.open();
    await vi.advanceTimersByTimeAsync(1);
    expect(await store.lease(names.value(key), 1_000)).toBeDefined();
  });

  test("closing does not wait for a stalled store longer than one write may take", async () => {
    const { cache } = testCache({ store, deadline: 1_000 });
    await waitOf(() => cache.getOrSet(key, async () => "x", { ttl }));
    store.mode = "stalls";
    await waitOf(() => cache.getOrSet(keyOf(2), async () => "x", { ttl }));
    expect(await waitOf(() => cache.close())).toBeLessThanOrEqual(4_500);
  });
});

test("a process that was busy past the deadline still takes the answer that is there", async () => {
  const { fleet, store } = testFleet(2, { deadline: 20 });
  await fleet[0]!.cache.set(key, "there", { ttl });
  await nextTurn();
  // As from a socket: there, but not read before the event loop has come round.
  store.before = async () => {
    await nextTurn();
    await nextTurn();
  };
  const answer = fleet[1]!.cache.getOrSet(key, async () => "filled", { ttl });
  const end = performance.now() + 60;
  while (performance.now() < end);
  expect(await answer).toBe("there");
});

test("many keys are one question to the store", async () => {
  const { fleet, store } = testFleet(2);
  const keys = Array.from({ length: 100 }, (_, i) => keyOf(i));
  await fleet[0]!.cache.getOrSetMany(keys, async (missing) => missing.map((_, i) => i), { ttl });
  await fleet[0]!.cache.close();
  await listening(fleet[1]!.cache);
  const { getMany } = store.calls;
  expect(await fleet[1]!.cache.getMany(keys)).toEqual(keys.map((_, i) => i));
  expect(store.calls.getMany).toBe(getMany + 1);
});
