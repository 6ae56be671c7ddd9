import fc from "fast-check";
import { expect, test } from "vitest";
import { descending, nthLargest } from "./candidate-order.ts";

const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })));

test("yields every index once, by descending value", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 20 }), (list, head) => {
      const order = [...descending(Float64Array.from(list), head)];
      expect(order.toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i));
      const ordered = order.map((i) => list[i] as number);
      expect(ordered).toEqual(list.toSorted((a, b) => b - a));
    }),
  );
});

test("finds the n-th largest value", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 20 }), (list, n) => {
      const expected = list.toSorted((a, b) => b - a)[n - 1] ?? -Infinity;
      expect(nthLargest(Float64Array.from(list), n)).toBe(expected);
    }),
  );
});
