import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf } from "./bucket.ts";

test("a bucket is in [0, 100) and always the same", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (salt, key) => {
      const bucket = bucketOf(salt, key);
      expect(bucket >= 0 && bucket < 100).toBe(true);
      expect(bucketOf(salt, key)).toBe(bucket);
    }),
  );
});

test("known buckets stay what they are: a new version moves nobody", () => {
  expect(bucketOf("llm-cache", "user-1")).toBeCloseTo(72.1737, 4);
  expect(bucketOf("llm-cache", "user-2")).toBeCloseTo(42.0124, 4);
  expect(bucketOf("other", "user-1")).toBeCloseTo(46.8995, 4);
});

test("the border between salt and key counts", () => {
  expect(bucketOf("a", "bc")).not.toBe(bucketOf("ab", "c"));
});

test.each([1, 10, 50, 90])("%i %% of 20,000 keys are below %i, within one point", (percentage) => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
  const share = keys.filter((key) => bucketOf("salt", key) < percentage).length / keys.length;
  expect(Math.abs(share * 100 - percentage)).toBeLessThan(1);
});
