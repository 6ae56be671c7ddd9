import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { afterEach, expect, test, vi } from "vitest";
import { FaultStore } from "./fixtures/fault-store.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, listening, testCache, testFleet } from "./fixtures/test-cache.ts";
import { StoreNames } from "./keys/store-names.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");
const names = new StoreNames("cache");

afterEach(() => void vi.useRealTimers());

test("an invalidation elsewhere reaches memory at once where the store has channels", async () => {
  const { fleet } = testFleet(2);
  const options = { ttl, tags: ["user:1"] };
  await listening(fleet[1]!.cache);
  await fleet[1]!.cache.set(key, "old", options);
  await fleet[0]!.cache.invalidateTags(["user:1"]);
  await nextTurn();
  expect(fleet[1]!.events).toContainEqual({
    type: "invalidate",
    origin: "elsewhere",
    what: "tags",
  });
  expect(await fleet[1]!.cache.get(key)).toBeUndefined();
});

test("an invalidation elsewhere during the fill keeps its value out of both tiers", async () => {
  for (const invalidate of [
    (cache: TieredCache) => cache.invalidateTags(["user:1"]),
    (cache: TieredCache) => cache.delete([key]),
    (cache: TieredCache) => cache.clear(),
  ]) {
    const { fleet, store } = testFleet(3);
    store.losesMessages = true;
    const [begun, { opened, open }] = [gate(), gate()];
    const options = { ttl, tags: ["user:1"] };
    const fill = async () => (begun.open(), await opened, "old");
    const old = fleet[0]!.cache.getOrSet(key, fill, options);
    await begun.opened;
    await invalidate(fleet[1]!.cache);
    open();
    expect(await old).toBe("old");
    await fleet[0]!.cache.close();
    expect(await fleet[2]!.cache.get(key)).toBeUndefined();
  }
});

test("messages that got lost are noticed, and memory is checked against the store", async () => {
  vi.useFakeTimers();
  const store = new FaultStore();
  const [one, two] = [1, 2].map(() => new TieredCache({ store, syncInterval: 1_000 }));
  const options = { ttl, tags: ["user:1"] };
  await two!.set(key, "old", options);
  await two!.set(keyOf("other"), "kept", { ttl });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await two!.get(key)).toBe("old");
  expect(two!.get(key)).toBe("old");
  store.losesMessages = true;
  await one!.invalidateTags(["user:1"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await two!.get(key)).toBeUndefined();
  expect(await two!.get(keyOf("other"))).toBe("kept");
  await one!.delete([keyOf("other")]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await two!.get(keyOf("other"))).toBeUndefined();
});

test("without channels an invalidation elsewhere is noticed by the next look", async () => {
  vi.useFakeTimers();
  const inner = new MemoryKeyValueStore();
  const store = new Proxy(inner, {
    get: (target, name) => {
      if (name === "channels") return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const [one, two] = [1, 2].map(() => new TieredCache({ store, syncInterval: 1_000 }));
  await listening(two!);
  await two!.set(key, "old", { ttl });
  expect(two!.get(key)).toBe("old");
  await one!.clear();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await two!.get(key)).toBeUndefined();
});

test("what is not a message of this version is counted, and hurts nobody", async () => {
  const { fleet, store } = testFleet(1);
  await listening(fleet[0]!.cache);
  await fleet[0]!.cache.set(key, "value", { ttl });
  const hostile = ["", "{", "[]", "[2]", '[1,"x",1,[["t:a"]],[]]', '[1,"x",1,[],[5]]', "[1,2,3]"];
  for (const text of hostile) await store.channels.publish(names.channel, Buffer.from(text));
  await nextTurn();
  const errors = fleet[0]!.events.filter(({ type }) => type === "store-error");
  expect(errors).toHaveLength(hostile.length);
  expect(fleet[0]!.cache.get(key)).toBe("value");
});

test("a stamp that the store lost brings nothing back that was invalidated under it", async () => {
  const { fleet, store, clock } = testFleet(2);
  const options = { ttl, tags: ["user:1"] };
  await fleet[0]!.cache.set(key, "old", options);
  await fleet[0]!.cache.invalidateTags(["user:1"]);
  await store.delete([names.stamp("t:user:1")].map((name) => name.replace("user:1", "user%3A1")));
  clock.advance(1_000);
  expect(await fleet[1]!.cache.get(key)).toBeUndefined();
  await fleet[1]!.cache.set(keyOf("other"), "new", options);
  expect(await fleet[1]!.cache.get(key)).toBeUndefined();
  expect(await fleet[0]!.cache.get(key)).toBeUndefined();
  expect(await fleet[0]!.cache.get(keyOf("other"))).toBe("new");
});

test("a store that was emptied makes misses in memory too", async () => {
  vi.useFakeTimers();
  const store = new FaultStore();
  const cache = new TieredCache({ store, syncInterval: 1_000 });
  await cache.invalidateTags(["a"]);
  await cache.set(key, "old", { ttl });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await cache.get(key)).toBe("old");
  await store.delete([names.value(key), names.sequence, names.stamp("e")]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await cache.get(key)).toBeUndefined();
});

test("an invalidation that the store does not confirm throws, holds here at once, and is told to the others later", async () => {
  vi.useFakeTimers();
  const store = new FaultStore();
  const [one, two] = [1, 2].map(() => new TieredCache({ store, syncInterval: 1_000 }));
  const other = keyOf("other");
  await one!.set(key, "old", { ttl, tags: ["user:1"] });
  await one!.set(other, "old", { ttl });
  store.mode = "refuses";
  const refused = { code: "E_UNAVAILABLE", cause: { code: "E_UNAVAILABLE" } };
  await expect(one!.invalidateTags(["user:1"])).rejects.toMatchObject(refused);
  await expect(one!.delete([other])).rejects.toMatchObject(refused);
  expect(await one!.getMany([key, other])).toEqual([undefined, undefined]);
  // The store is back with the old values, of which the others do not know yet; this process does.
  store.mode = "works";
  expect(await two!.getMany([key, other])).toEqual(["old", "old"]);
  expect(await one!.getMany([key, other])).toEqual([undefined, undefined]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await two!.getMany([key, other])).toEqual([undefined, undefined]);
  await one!.set(key, "new", { ttl, tags: ["user:1"] });
  expect(await two!.get(key)).toBe("new");
});

test("an invalidation waits for a stalled store no longer than its own deadline", async () => {
  vi.useFakeTimers();
  const store = new FaultStore();
  const { cache } = testCache({ store, invalidationDeadline: 300 });
  store.mode = "stalls";
  const outcome = cache.clear().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(301);
  expect(await outcome).toMatchObject({ code: "E_UNAVAILABLE", cause: { code: "E_TIMEOUT" } });
});

test("an outage with many invalidations is remembered as one of everything", async () => {
  vi.useFakeTimers();
  const store = new FaultStore();
  const cache = new TieredCache({ store, syncInterval: 1_000 });
  await cache.set(key, "untouched", { ttl });
  store.mode = "refuses";
  for (let i = 0; i < 11; i++) {
    const tags = Array.from({ length: 1_000 }, (_, j) => `tag ${i} ${j}`);
    await expect(cache.invalidateTags(tags)).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  }
  store.mode = "works";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await new TieredCache({ store }).get(key)).toBeUndefined();
  await cache.set(key, "new", { ttl, tags: ["tag 0 0"] });
  expect(await new TieredCache({ store }).get(key)).toBe("new");
  // 11,000 tags would have made as many stamps.
  expect(store.calls.increment).toBeLessThan(100);
});

test("a value that lay in the store when its key was deleted does not come back by a slower writer", async () => {
  const { fleet, store } = testFleet(2);
  await fleet[0]!.cache.set(keyOf("first"), 1, { ttl });
  // The deletion happens after the fill has seen the counter, and just before its value is written.
  let isFirst = true;
  store.losesMessages = true;
  store.before = async (method) => {
    if (method !== "set" || !isFirst) return;
    isFirst = false;
    await fleet[1]!.cache.delete([key]);
  };
  await fleet[0]!.cache.getOrSet(key, async () => "old", { ttl });
  await fleet[0]!.cache.close();
  expect(isFirst).toBe(false);
  expect(await fleet[1]!.cache.get(key)).toBeUndefined();
});

test("what a writer that missed the deletion wrote, and took back, is forgotten by who read it meanwhile", async () => {
  const { fleet, store } = testFleet(3);
  const [writer, reader, deleter] = fleet.map(({ cache }) => cache);
  await Promise.all([listening(reader!), listening(deleter!)]);
  const [begun, { opened, open }] = [gate(), gate()];
  const fill = async () => (begun.open(), await opened, "old");
  const filled = writer!.getOrSet(key, fill, { ttl });
  await begun.opened;
  store.losesMessages = true;
  await deleter!.delete([key]);
  store.losesMessages = false;
  let isWritten = false;
  let read: unknown;
  store.before = async (method) => {
    if (method === "set") isWritten = true;
    if (method !== "getMany" || !isWritten) return;
    store.before = undefined;
    // Between the write and the look at what was deleted.
    read = await reader!.get(key);
  };
  open();
  await filled;
  await writer!.close();
  await nextTurn();
  expect(read).toBe("old");
  expect(await reader!.get(key)).toBeUndefined();
});

test("what is read while it is deleted is not kept in memory", async () => {
  for (const read of [
    (cache: TieredCache) => cache.get(key),
    (cache: TieredCache) => cache.getOrSet(key, async () => "filled", { ttl }),
    (cache: TieredCache) => cache.getOrSetMany([key], async () => ["filled"], { ttl }),
  ]) {
    const { fleet, store } = testFleet(2);
    await fleet[0]!.cache.set(key, "old", { ttl });
    await listening(fleet[1]!.cache);
    const [answered, answering] = [gate(), gate()];
    // The store has answered, and the answer is on its way.
    store.after = (method) => {
      if (method !== "getMany") return undefined;
      answered.open();
      return answering.opened;
    };
    const answer = read(fleet[1]!.cache);
    await answered.opened;
    store.after = undefined;
    await fleet[1]!.cache.delete([key]);
    answering.open();
    await answer;
    expect(await fleet[1]!.cache.get(key)).toBeUndefined();
  }
});

test("related entries go with a record, by the application's own map", async () => {
  interface User {
    readonly id: string;
    readonly team: string;
  }
  const cache = new TieredCache({
    relations: {
      user: (user: User) => [`user:${user.id}`, `team:${user.team}`],
      price: () => ["prices"],
    },
  });
  const tagsOf = { ana: ["user:1"], team: ["team:a"], other: ["user:2"] };
  for (const [name, tags] of Object.entries(tagsOf))
    await cache.set(keyOf(name), name, { ttl, tags });
  await cache.invalidateRelated("user", { id: "1", team: "a" });
  const left = await cache.getMany(["ana", "team", "other"].map((name) => keyOf(name)));
  expect(left).toEqual([undefined, undefined, "other"]);
  await expect(cache.invalidateRelated("unknown" as "user", {} as User)).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
});

test("malformed tags and prefixes are refused and invalidate nothing", async () => {
  const { cache } = testCache();
  await cache.set(key, "value", { ttl, tags: ["a"] });
  await expect(cache.invalidateTags(["a", ""])).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  await expect(cache.invalidatePrefix("acme", "llm/")).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  const signal = AbortSignal.abort();
  await expect(cache.invalidateTags(["a"], { signal })).rejects.toMatchObject({
    code: "E_ABORTED",
  });
  await cache.invalidateTags([]);
  await cache.delete([]);
  expect(cache.get(key)).toBe("value");
});
