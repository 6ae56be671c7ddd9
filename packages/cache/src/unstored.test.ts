import { expect, test, vi } from "vitest";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { Unstored, valueOf } from "./unstored.ts";

const key = keyOf("question");
const options = { ttl: 1_000, staleIfError: 60_000 };

test("a value that is not kept goes to all who wait for it, though an old one could stand in for an error", async () => {
  const { cache, clock } = testCache();
  await cache.getOrSet(key, async () => "old", options);
  clock.advance(2_000);
  const fill = vi.fn(async () => Promise.reject(new Unstored("cut off")));
  const answers = [1, 2].map(() => valueOf(cache.getOrSet(key, fill, options)));
  expect(await Promise.all(answers)).toEqual(["cut off", "cut off"]);
  expect(fill).toHaveBeenCalledOnce();
  expect(await valueOf(cache.getOrSet(key, async () => "new", options))).toBe("new");
});

test("the same of many keys at once", async () => {
  const { cache, clock } = testCache();
  const keys = [keyOf("a"), keyOf("b")];
  await cache.getOrSetMany(keys, async () => ["old", "old"], options);
  clock.advance(2_000);
  const call = cache.getOrSetMany(keys, async () => Promise.reject(new Unstored("new")), options);
  await expect(call).rejects.toBeInstanceOf(Unstored);
});
