import type { IndexHit } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuse, normalise } from "./fusion.ts";

const even = { vector: 1, lexical: 1 };

function hits(scores: Record<string, number>): IndexHit[] {
  return Object.entries(scores).map(([id, score]) => ({
    scope: "",
    id,
    score,
    revision: { epoch: 0, counter: 1 },
  }));
}

function ranking(legs: {
  vector?: Record<string, number>;
  lexical?: Record<string, number>;
  trust?: number;
}) {
  const { vector = {}, lexical = {}, trust = 1 } = legs;
  return fuse({ vector: hits(vector), lexical: hits(lexical), trust }, even).map(
    ({ id, score }) => [id, score],
  );
}

describe("fuse", () => {
  test("adds the legs' scores, each divided by its best", () => {
    expect(ranking({ vector: { a: 0.8, b: 0.4 }, lexical: { b: 12, c: 3 } })).toEqual([
      ["b", 0.75],
      ["a", 0.5],
      ["c", 0.125],
    ]);
  });

  test("margins count, not only the order: a clear lexical winner stays first", () => {
    const vector = { x: 0.51, y: 0.505, z: 0.5 };
    expect(ranking({ vector, lexical: { z: 20, x: 1 } })[0]?.[0]).toBe("z");
  });

  test("a lexical leg that the corpus hardly knows the words of yields", () => {
    const legs = { vector: { near: 0.9, far: 0.1 }, lexical: { word: 9 } };
    expect(ranking({ ...legs, trust: 1 })[1]?.[0]).toBe("word");
    expect(ranking({ ...legs, trust: 0.1 }).map(([id]) => id)).toEqual(["near", "far", "word"]);
    expect(
      fuse({ vector: [], lexical: hits({ a: 1 }), trust: 0 }, { vector: 0, lexical: 1 }),
    ).toEqual([]);
  });

  test("ties are in key order and what no leg scores is left out", () => {
    expect(ranking({ vector: { b: 0.5, a: 0.5, c: 0 } })).toEqual([
      ["a", 0.5],
      ["b", 0.5],
    ]);
    expect(ranking({ vector: { a: 0 } })).toEqual([]);
  });

  test("every keyword hit is among the candidates, scores in [0, 1], best first", () => {
    const leg = fc.dictionary(
      fc.constantFrom("a", "b", "c", "d", "e"),
      fc.double({ min: 0.001, max: 50, noNaN: true }),
    );
    fc.assert(
      fc.property(leg, leg, (vector, lexical) => {
        const fused = ranking({ vector, lexical }) as [string, number][];
        const ids = new Set(fused.map(([id]) => id));
        for (const id of Object.keys(lexical)) expect(ids).toContain(id);
        for (const [, score] of fused) expect(score > 0 && score <= 1).toBe(true);
        expect(fused).toEqual(fused.toSorted((a, b) => b[1] - a[1]));
      }),
    );
  });
});

test("normalise scales to the best", () => {
  expect(normalise(hits({ b: 4, a: 8 })).map(({ id, score }) => [id, score])).toEqual([
    ["a", 1],
    ["b", 0.5],
  ]);
});
