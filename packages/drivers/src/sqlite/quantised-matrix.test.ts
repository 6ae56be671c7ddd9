import fc from "fast-check";
import { expect, test } from "vitest";
import { QuantisedMatrix } from "./quantised-matrix.ts";
import { norm, score } from "../shared/similarity.ts";

const dimension = 7;
/** Tiny and huge magnitudes, zeros and repeats among ordinary values. */
const component = fc.oneof(
  fc.constantFrom(0, 1, -1, 1e-38, -1e-30, 1e30, 3e38),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
);
const vector = fc
  .array(component, { minLength: dimension, maxLength: dimension })
  .map((values) => Float32Array.from(values));

test.each(["cosine", "l2"] as const)("no %s score exceeds its bound", (metric) => {
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 20 }), vector, (rows, query) => {
      const matrix = new QuantisedMatrix(dimension);
      rows.forEach((row, i) => matrix.add(i + 1, row));
      const bounds = matrix.bounds(metric, query);
      const length = norm(query);
      rows.forEach((row, i) => {
        expect(bounds[i]).toBeGreaterThanOrEqual(score(metric, query, length, row));
      });
    }),
  );
});

function wave(shift: number): Float32Array {
  return Float32Array.from({ length: 64 }, (_, i) => Math.sin(i + shift));
}

test("a bound is close to its score, so that few rows need rescoring", () => {
  const matrix = new QuantisedMatrix(64);
  for (let i = 0; i < 50; i++) matrix.add(i + 1, wave(i / 10));
  const query = wave(0.03);
  const bounds = matrix.bounds("cosine", query);
  for (let i = 0; i < 50; i++) {
    expect((bounds[i] as number) - score("cosine", query, norm(query), wave(i / 10))).toBeLessThan(
      0.01,
    );
  }
});

test("a dropped row is never a candidate again", () => {
  const matrix = new QuantisedMatrix(2);
  matrix.add(1, Float32Array.of(1, 0));
  matrix.add(2, Float32Array.of(1, 0));
  matrix.drop(0);
  const bounds = matrix.bounds("cosine", Float32Array.of(1, 0));
  expect(bounds[0]).toBe(-Infinity);
  expect(bounds[1]).toBeCloseTo(1);
});
