import { type CacheEvent, type CacheKey, cacheKey, TieredCache } from "@palimpsest/cache";
import type { KeyValueStore } from "@palimpsest/core";
import { openRedis } from "@palimpsest/drivers/redis";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PrivateRedis, testUrl } from "./fixtures/cache-redis.ts";

const ttl = 60_000;
/** For loaded machines; nothing here asserts a time. */
const patient = { timeout: 30_000 };
const keyOf = (...parts: readonly unknown[]): CacheKey =>
  cacheKey({ scope: "acme", prefix: "llm/chat", parts });

/** Under which the server has a value. */
function nameOf(key: CacheKey): string {
  return `palimpsest:v:cache:v:${key}`;
}

describe.skipIf(testUrl === undefined)("a cache over Redis", () => {
  let redis: PrivateRedis;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    redis.resume();
    await Promise.allSettled(closing.splice(0).map((close) => close()));
    await redis.kill();
  });

  /** As one process would open it. */
  async function open(options: { deadline?: number; invalidationDeadline?: number } = {}) {
    const store: KeyValueStore = await openRedis({ url: redis.url, timeout: 30_000 });
    const events: CacheEvent[] = [];
    const cache = new TieredCache({
      store,
      syncInterval: 100,
      onEvent: (event) => events.push(event),
      ...options,
    });
    closing.push(async () => {
      await cache.close();
      await store.close();
    });
    const errors = () => events.filter(({ type }) => type === "store-error");
    return { cache, events, errors, store };
  }

  /** Connected, and listening. */
  async function openReady() {
    const before = await redis.listeners();
    const opened = await open({ deadline: 30_000, invalidationDeadline: 30_000 });
    await opened.cache.get(keyOf("warm-up"));
    await expect.poll(() => redis.listeners(), patient).toBe(before + 1);
    return opened;
  }

  test("values, vectors and tags cross processes", async () => {
    const [one, two] = [await openReady(), await openReady()];
    const vector = Float32Array.from({ length: 1_536 }, (_, i) => Math.sin(i));
    await one.cache.set(keyOf("vector"), vector, { ttl, tags: ["model:1"] });
    await one.cache.set(keyOf("text"), "tea ".repeat(10_000), { ttl });
    expect(await two.cache.get(keyOf("vector"))).toEqual(vector);
    expect(await two.cache.get(keyOf("text"))).toBe("tea ".repeat(10_000));
    await one.cache.invalidateTags(["model:1"]);
    await expect.poll(() => two.cache.get(keyOf("vector")), patient).toBeUndefined();
    expect(await two.cache.get(keyOf("text"))).toBe("tea ".repeat(10_000));
    expect([...one.errors(), ...two.errors()]).toEqual([]);
  });

  test("messages missed while a connection was broken are noticed", async () => {
    const [one, two] = [await openReady(), await openReady()];
    await one.cache.set(keyOf("a"), "old", { ttl });
    await one.cache.set(keyOf("b"), "old", { ttl, tags: ["t"] });
    expect(await two.cache.getMany([keyOf("a"), keyOf("b")])).toEqual(["old", "old"]);
    await redis.dropSubscribers();
    await one.cache.delete([keyOf("a")]);
    await one.cache.invalidateTags(["t"]);
    await expect
      .poll(() => two.cache.getMany([keyOf("a"), keyOf("b")]), patient)
      .toEqual([undefined, undefined]);
  });

  test("stalled: cold keys are filled, hot ones are hits, and nobody waits for the server to wake", async () => {
    const { cache, errors } = await open();
    const hot = (): unknown => cache.getOrSet(keyOf("hot"), async () => "hot", { ttl });
    // A hit of memory is no promise.
    await vi.waitFor(() => expect(hot()).toBe("hot"), patient);
    redis.stall();
    const fill = vi.fn(async () => "filled");
    for (let i = 0; i < 10; i++) {
      expect(await cache.getOrSet(keyOf("cold", i), fill, { ttl })).toBe("filled");
      expect(cache.getOrSet(keyOf("hot"), fill, { ttl })).toBe("hot");
    }
    expect(fill).toHaveBeenCalledTimes(10);
    expect(cache.usage.store).toBe("open");
    expect(errors()).toContainEqual(expect.objectContaining({ reason: "timeout" }));
    redis.resume();
    await vi.waitFor(() => expect(cache.usage.store).toBe("closed"), patient);
    await cache.set(keyOf("after"), "after", { ttl });
    const other = await open({ deadline: 30_000 });
    expect(await other.cache.get(keyOf("after"))).toBe("after");
  });

  test("killed: callers get their values, and the cache takes up again what comes after, empty", async () => {
    const { cache } = await openReady();
    await cache.set(keyOf("a"), "old", { ttl });
    await redis.kill();
    expect(await cache.getOrSet(keyOf("a"), async () => "filled", { ttl })).toBe("old");
    for (let i = 0; i < 5; i++) {
      expect(await cache.getOrSet(keyOf("cold", i), async () => i, { ttl })).toBe(i);
    }
    await redis.run();
    await vi.waitFor(() => expect(cache.usage.store).toBe("closed"), patient);
    // What memory had before is checked against the new server, which has nothing.
    await expect.poll(() => cache.get(keyOf("a")), patient).toBeUndefined();
    await cache.set(keyOf("b"), "new", { ttl });
    expect(await (await open({ deadline: 30_000 })).cache.get(keyOf("b"))).toBe("new");
  });

  test("refused: a server that was never there costs nobody a value", async () => {
    await redis.kill();
    const { cache, errors } = await open();
    for (let i = 0; i < 5; i++) {
      expect(await cache.getOrSet(keyOf(i), async () => i, { ttl })).toBe(i);
    }
    expect(cache.usage.store).toBe("open");
    expect(errors().length).toBeGreaterThan(0);
    await expect(cache.invalidateTags(["t"])).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  });

  test("poisoned: random bytes, a cut value and another tenant's are misses and counted errors", async () => {
    const [one, two] = [await openReady(), await openReady()];
    const secret = cacheKey({ scope: "other", prefix: "llm/chat", parts: ["secret"] });
    await one.cache.set(keyOf("mine"), "mine", { ttl });
    await one.cache.set(secret, "secret", { ttl });
    const client = new Redis(redis.url);
    const [mine, foreign] = await client.mgetBuffer(nameOf(keyOf("mine")), nameOf(secret));
    const poisons = [crypto.getRandomValues(Buffer.alloc(200)), mine!.subarray(0, -3), foreign!];
    for (const [i, poison] of poisons.entries()) {
      await client.set(nameOf(keyOf("mine")), poison);
      expect(await two.cache.get(keyOf("mine"))).toBeUndefined();
      expect(two.errors()).toHaveLength(i + 1);
    }
    for (const error of two.errors()) expect(error).toMatchObject({ reason: "corrupt" });
    expect(await two.cache.getOrSet(keyOf("mine"), async () => "filled", { ttl })).toBe("filled");
    // A value of another kind under the same name is the server's refusal.
    await client.del(nameOf(keyOf("mine")));
    await client.lpush(nameOf(keyOf("mine")), "x");
    const third = await openReady();
    expect(await third.cache.getOrSet(keyOf("mine"), async () => "filled", { ttl })).toBe("filled");
    client.disconnect();
  });

  test("a process that never closes its cache ends by itself", async () => {
    const { execFile } = await import("node:child_process");
    const { promisify } = await import("node:util");
    const script = `
      import { cacheKey, TieredCache } from "@palimpsest/cache";
      import { openRedis } from "@palimpsest/drivers/redis";
      const cache = new TieredCache({ store: await openRedis({ url: ${JSON.stringify(redis.url)} }) });
      const key = cacheKey({ scope: "", prefix: "llm", parts: [1] });
      console.log(await cache.getOrSet(key, async () => "answer", { ttl: 60_000 }));
    `;
    const flags = ["--conditions=@palimpsest/source", "--input-type=module", "--eval", script];
    const ended = promisify(execFile)(process.execPath, flags, {
      cwd: import.meta.dirname,
      timeout: 120_000,
    });
    expect((await ended).stdout).toBe("answer\n");
  });
});
