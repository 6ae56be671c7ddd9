import fc from "fast-check";
import { expect, test } from "vitest";
import { bandsOf, shinglesOf, similarity } from "./min-hash.ts";

test("similarity is the shared part of all pieces", () => {
  expect(similarity(shinglesOf("abcd"), shinglesOf("abcd"))).toBe(1);
  expect(similarity(shinglesOf("abcd"), shinglesOf("bcde"))).toBeCloseTo(1 / 3);
  expect(similarity(shinglesOf("ab"), shinglesOf("cd"))).toBe(0);
});

test("pieces are of characters, not of halves of characters", () => {
  expect([...shinglesOf("😀😀😀😀")]).toEqual(["😀😀😀"]);
  expect([...shinglesOf("")]).toEqual([""]);
});

test("there are bands at every threshold", () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0.01, max: 1, noNaN: true }), (text, threshold) => {
      expect(new Set(bandsOf(shinglesOf(text), threshold)).size).toBeGreaterThanOrEqual(4);
    }),
  );
});

/** Two sets of `size` pieces of which they share as many as give the similarity. */
function pairOf(size: number, wanted: number, seed: number): [Set<string>, Set<string>] {
  const shared = Math.ceil((2 * size * wanted) / (1 + wanted));
  const common = Array.from({ length: shared }, (_, at) => `${seed}c${at}`);
  const own = (name: string) =>
    Array.from({ length: size - shared }, (_, at) => `${seed}${name}${at}`);
  return [new Set([...common, ...own("a")]), new Set([...common, ...own("b")])];
}

function shareOfPairs(wanted: number, threshold: number): number {
  const pairs = Array.from({ length: 400 }, (_, seed) => pairOf(80, wanted, seed));
  const found = pairs.filter(([a, b]) => {
    const bands = new Set(bandsOf(a, threshold));
    return bandsOf(b, threshold).some((band) => bands.has(band));
  });
  return found.length / pairs.length;
}

test.each([0.5, 0.7, 0.85, 0.95])("pairs as similar as %d share a band", (threshold) => {
  expect(shareOfPairs(threshold, threshold)).toBeGreaterThanOrEqual(0.99);
});

test("dissimilar pairs are hardly ever compared", () => {
  expect(shareOfPairs(0.2, 0.85)).toBeLessThanOrEqual(0.02);
});
