import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyWindow } from "./latency-window.ts";

test("knows nothing before the first latency", () => {
  const window = new LatencyWindow(60_000);
  expect([window.count(0), window.quantile(0.95, 0)]).toEqual([0, undefined]);
});

test("forgets what is older than its length", () => {
  const window = new LatencyWindow(60_000);
  window.add(9_000, 0);
  window.add(100, 50_000);
  expect(window.quantile(1, 70_000)).toBeCloseTo(101, -1);
  expect(window.quantile(1, 200_000)).toBeUndefined();
});

test("takes a latency below a millisecond, or of hours, without harm", () => {
  const window = new LatencyWindow(60_000);
  window.add(0, 0);
  expect(window.quantile(0.5, 0)).toBeLessThan(1.1);
  window.add(9e9, 0);
  expect(window.quantile(1, 0)).toBeGreaterThan(20 * 60_000);
});

test("whatever the latencies: a quantile is the exact one or up to 3 % above it", () => {
  const latencies = fc.array(fc.double({ min: 1, max: 600_000, noNaN: true }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(latencies, fc.constantFrom(0.01, 0.5, 0.9, 0.95, 0.99, 1), (values, q) => {
      const window = new LatencyWindow(60_000);
      for (const value of values) window.add(value, 1_000);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
      const ratio = window.quantile(q, 1_000)! / exact;
      expect(ratio).toBeGreaterThan(1 - 1e-9);
      expect(ratio).toBeLessThan(1.03 + 1e-9);
    }),
  );
});
