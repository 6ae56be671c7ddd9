import { expect, test } from "vitest";
import { norm, score } from "./score.ts";
import { MemoryVectorIndex } from "./vector-index.ts";

function measured(...values: number[]): { vector: Float32Array; norm: number } {
  const vector = Float32Array.from(values);
  return { vector, norm: norm(vector) };
}

test("cosine, distance and inner product become scores in [0, 1]", () => {
  expect(score("cosine", measured(2, 0), measured(1, 1))).toBeCloseTo(Math.SQRT1_2, 6);
  expect(score("cosine", measured(1, 0), measured(-1, 0))).toBe(0);
  expect(score("cosine", measured(0, 0), measured(1, 0))).toBe(0);
  expect(score("l2", measured(0, 0), measured(3, 4))).toBeCloseTo(1 / 6, 6);
  expect(score("l2", measured(3, 4), measured(3, 4))).toBe(1);
  expect(score("ip", measured(1, 0), measured(0.6, 0.8))).toBeCloseTo(0.6, 6);
  expect(score("cosine", measured(0.1, 0.3), measured(0.1, 0.3))).toBeLessThanOrEqual(1);
});

test("inner product refuses vectors that are not of unit length", async () => {
  const index = new MemoryVectorIndex({ dimension: 2, modelId: "m", metric: "ip" });
  await expect(index.query({ vector: Float32Array.of(2, 0), k: 1 })).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  expect(await index.query({ vector: Float32Array.of(0.6, 0.8), k: 1 })).toEqual([]);
});

test("an index without dimensions is refused", () => {
  expect(() => new MemoryVectorIndex({ dimension: 0, modelId: "m" })).toThrow("dimension must be");
});
