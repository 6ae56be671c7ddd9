import { setImmediate as nextTurn } from "node:timers/promises";
import { TestClock } from "@palimpsest/core/testing";
import { expect, test, vi } from "vitest";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 1_000;
const key = keyOf("question");
const failed = new Error("the provider is down");
const mistaken = (): never => {
  throw new Error("a mistake");
};

test("a negativeTtl that throws hides neither the error nor the value that stands in for it", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  const { cache, clock } = testCache();
  const options = { ttl, staleIfError: 10_000, negativeTtl: mistaken };
  const fail = async (): Promise<never> => Promise.reject(failed);
  await expect(cache.getOrSet(key, fail, options)).rejects.toBe(failed);
  await expect(cache.getOrSetMany([key, keyOf("other")], fail, options)).rejects.toBe(failed);
  await cache.set(key, "last", options);
  clock.advance(ttl);
  expect(await cache.getOrSet(key, fail, options)).toBe("last");
  expect(warned).toHaveBeenCalledWith(expect.stringContaining("negativeTtl"), expect.anything());
  warned.mockRestore();
});

test("a negativeTtl that is no number remembers nothing, and a failing refresh is still left alone", async () => {
  const { cache, clock } = testCache();
  const options = { ttl, staleWhileRevalidate: 10_000, negativeTtl: () => Number.NaN };
  await cache.set(key, "last", options);
  clock.advance(ttl);
  const fail = vi.fn(async (): Promise<string> => Promise.reject(failed));
  for (let i = 0; i < 3; i++) {
    expect(await cache.getOrSet(key, fail, options)).toBe("last");
    await Promise.resolve();
  }
  expect(fail).toHaveBeenCalledTimes(1);
});

test("a listener that throws, or rejects, is reported once and not at every hit", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  for (const onEvent of [
    mistaken,
    async () => mistaken(),
    () => {
      throw Object.create(null);
    },
  ]) {
    warned.mockClear();
    const cache = new TieredCache({ clock: new TestClock(), onEvent });
    await cache.set(key, "x", { ttl });
    for (let i = 0; i < 10; i++) expect(await cache.getOrSet(key, mistaken, { ttl })).toBe("x");
    expect(warned).toHaveBeenCalledTimes(1);
  }
  warned.mockRestore();
});

test("a value that cannot be measured or compared is the caller's all the same", async () => {
  const { cache, clock } = testCache();
  const value = Object.defineProperty({}, "text", { enumerable: true, get: mistaken });
  const options = { ttl, staleWhileRevalidate: 10_000 };
  expect(await cache.getOrSet(key, async () => value, options)).toBe(value);
  await cache.set(keyOf("set"), value, options);
  expect(cache.get(keyOf("set"))).toBe(value);
  clock.advance(ttl);
  await cache.getOrSet(key, async () => value, options);
  await nextTurn();
  expect(cache.usage.fills).toBe(0);
});
