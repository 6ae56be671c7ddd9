import fc from "fast-check";
import { expect, it } from "vitest";
import { SeededRandom } from "./seeded-random.ts";

function draw(seed: number): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: 20 }, () => random.next());
}

it("repeats a seed, differs between seeds, and stays in [0, 1)", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const numbers = draw(seed);
      expect(draw(seed)).toEqual(numbers);
      expect(draw(seed + 1)).not.toEqual(numbers);
      expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    }),
  );
});

it("reaches both ends of a range and nothing beyond", () => {
  const random = new SeededRandom(1);
  const drawn = new Set(Array.from({ length: 200 }, () => random.between(-1, 2)));
  expect([...drawn].toSorted((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
});
