import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cacheKey } from "../cache-key.ts";
import { VectorMatrix } from "./vector-matrix.ts";

const keyOf = (name: string) => cacheKey({ scope: "", prefix: "q", parts: [name] });
const vector = (...values: number[]) => Float32Array.from(values);

function names(matrix: VectorMatrix, asked: Float32Array, threshold: number): string[] {
  return matrix.near(asked, threshold).map(({ text }) => text);
}

describe("near", () => {
  test("gives what reaches the threshold, best first, whatever the lengths and the order of arrival", () => {
    const matrix = new VectorMatrix(2, 10);
    matrix.add(keyOf("far"), "far", vector(0, 5));
    matrix.add(keyOf("good"), "good", vector(10, 1));
    matrix.add(keyOf("best"), "best", vector(0.1, 0));
    expect(names(matrix, vector(3, 0), 0.9)).toEqual(["best", "good"]);
    expect(matrix.near(vector(3, 0), 0.9)[0]?.score).toBeCloseTo(1, 6);
    expect(names(matrix, vector(3, 0), 0.999)).toEqual(["best"]);
    expect(names(matrix, vector(-1, 0), 0.5)).toEqual([]);
  });

  test("a vector without direction is near nothing", () => {
    const matrix = new VectorMatrix(2, 10);
    matrix.add(keyOf("zero"), "zero", vector(0, 0));
    matrix.add(keyOf("nan"), "nan", vector(Number.NaN, 1));
    expect(matrix.size).toBe(0);
    matrix.add(keyOf("a"), "a", vector(1, 0));
    expect(names(matrix, vector(0, 0), 0)).toEqual([]);
  });
});

test("the least recently used row makes room", () => {
  const matrix = new VectorMatrix(1, 2);
  for (const name of ["a", "b"]) matrix.add(keyOf(name), name, vector(1));
  matrix.touch(keyOf("a"));
  matrix.add(keyOf("c"), "c", vector(1));
  expect(names(matrix, vector(1), 0.5).toSorted()).toEqual(["a", "c"]);
});

test("behaves as a map of vectors in order of use, through any operations", () => {
  const name = fc.constantFrom(..."abcdefgh");
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), name, angle: fc.integer({ min: 0, max: 90 }) }),
    fc.record({ kind: fc.constantFrom("delete" as const, "touch" as const), name }),
  );
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, max) => {
        const matrix = new VectorMatrix(2, max);
        const model = new Map<string, number>();
        for (const step of steps) {
          const known = model.get(step.name);
          if (step.kind === "add") {
            const radians = (step.angle * Math.PI) / 180;
            matrix.add(keyOf(step.name), step.name, vector(Math.cos(radians), Math.sin(radians)));
            model.delete(step.name);
            if (model.size >= max) model.delete([...model.keys()][0] ?? "");
            model.set(step.name, step.angle);
          } else if (step.kind === "delete") {
            matrix.delete(keyOf(step.name));
            model.delete(step.name);
          } else if (known !== undefined) {
            matrix.touch(keyOf(step.name));
            model.delete(step.name);
            model.set(step.name, known);
          }
          expect(matrix.size).toBe(model.size);
        }
        const expected = [...model].filter(([, angle]) => angle <= 45).map(([text]) => text);
        expect(names(matrix, vector(1, 0), Math.cos(Math.PI / 4) - 1e-6).toSorted()).toEqual(
          expected.toSorted(),
        );
      },
    ),
  );
});
