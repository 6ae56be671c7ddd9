import fc from "fast-check";
import { expect, it } from "vitest";
import { takeFitting } from "./take-fitting.ts";

/** Sizes that add up: the simplest thing with a limit. */
function take(sizes: readonly number[], limit: number) {
  let measures = 0;
  const result = takeFitting(sizes.length, (taken) => {
    measures++;
    const sum = taken.reduce((total, i) => total + sizes[i]!, 0);
    return sum <= limit ? sum : undefined;
  });
  return { ...result, measures };
}

it("takes in order what fits, and smaller ones behind one that does not", () => {
  expect(take([5, 9, 2, 8, 1], 8)).toMatchObject({ taken: [0, 2, 4], measured: 8 });
  expect(take([], 8)).toMatchObject({ taken: [], measured: undefined, measures: 0 });
  expect(take([9], 8)).toMatchObject({ taken: [], measured: undefined });
});

it("measures rarely: by halves, not record by record", () => {
  const sizes = Array.from({ length: 100_000 }, () => 1);
  const all = take(sizes, 1e9);
  expect([all.taken.length, all.measures <= 18]).toEqual([100_000, true]);
  const some = take(sizes, 12_345);
  expect([some.taken.length, some.measures < 50]).toEqual([12_345, true]);
});

it("never exceeds the limit, and takes at least the longest head that fits", () => {
  const sizes = fc.array(fc.nat(20), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.nat(200), (all, limit) => {
      const { taken, measured } = take(all, limit);
      const sum = taken.reduce((total, i) => total + all[i]!, 0);
      expect(sum).toBeLessThanOrEqual(limit);
      expect(measured).toBe(taken.length === 0 ? undefined : sum);
      expect(taken).toEqual([...new Set(taken)].toSorted((a, b) => a - b));
      let head = 0;
      for (let left = limit; head < all.length && all[head]! <= left; head++) left -= all[head]!;
      expect(taken.slice(0, head)).toEqual([...all.keys()].slice(0, head));
    }),
    { numRuns: 2000 },
  );
});
