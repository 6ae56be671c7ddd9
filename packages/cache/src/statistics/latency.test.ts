import fc from "fast-check";
import { expect, test } from "vitest";
import { latencyBoundOf, latencyBucketOf, latencyBuckets, latencyPercentile } from "./latency.ts";

const duration = fc.double({ min: 0, max: 500_000, noNaN: true });

test("a duration lies below its bucket's bound and above the one before", () => {
  fc.assert(
    fc.property(duration, (milliseconds) => {
      const bucket = latencyBucketOf(milliseconds);
      expect(milliseconds).toBeLessThanOrEqual(latencyBoundOf(bucket) * (1 + 1e-6));
      const above = bucket === 0 ? -1 : latencyBoundOf(bucket - 1) * (1 - 1e-6);
      expect(milliseconds).toBeGreaterThan(above);
    }),
  );
});

test("what has no length or no end is counted too", () => {
  expect([0, -1, Number.NaN].map(latencyBucketOf)).toEqual([0, 0, 0]);
  expect([1e9, Infinity].map(latencyBucketOf)).toEqual([latencyBuckets - 1, latencyBuckets - 1]);
});

test("a percentile is the exact one, at most 28 % too high", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.2, max: 300_000, noNaN: true }), {
        minLength: 1,
        maxLength: 200,
      }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (durations, q) => {
        const counts = Array.from({ length: latencyBuckets }, () => 0);
        for (const ms of durations) {
          const bucket = latencyBucketOf(ms);
          counts[bucket] = (counts[bucket] ?? 0) + 1;
        }
        const rank = Math.ceil(q * durations.length) - 1;
        const exact = durations.toSorted((a, b) => a - b)[rank] ?? Number.NaN;
        const estimate = latencyPercentile(counts, q) ?? Number.NaN;
        expect(estimate).toBeGreaterThanOrEqual(exact * 0.99);
        expect(estimate).toBeLessThanOrEqual(exact * 1.29);
      },
    ),
  );
});

test("nothing measured has no percentile", () => {
  expect(latencyPercentile([0, 0], 0.5)).toBeUndefined();
});
