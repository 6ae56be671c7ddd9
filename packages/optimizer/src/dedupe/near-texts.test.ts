import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { shinglesOf, similarity } from "./min-hash.ts";
import { findNear } from "./near-texts.ts";

// Only to count calls: the real functions run.
vi.mock("./min-hash.ts", { spy: true });

/** Each text differs a little from the one before; the ends have nothing in common. */
const chain = Array.from({ length: 12 }, (_, step) =>
  "abcdefghijklmnopqrstuvwxyzäöüßéàùçñøåœ".slice(step * 2, step * 2 + 14),
);

test("a chain of small steps does not join its ends", () => {
  const near = findNear(chain, 0.6);
  for (const [index, { leader, similarity: found }] of near.entries()) {
    const real = similarity(shinglesOf(chain[index] ?? ""), shinglesOf(chain[leader] ?? ""));
    expect(found).toBe(real);
    expect(real).toBeGreaterThanOrEqual(0.6);
  }
  expect(new Set(near.map(({ leader }) => leader)).size).toBeGreaterThan(2);
});

test("every text is really as similar to its leader as it says, and leaders lead themselves", () => {
  const word = fc.constantFrom("green", "tea", "in", "the", "morning", "evening", "with", "honey");
  const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 8 }), { maxLength: 30 });
  fc.assert(
    fc.property(texts, fc.constantFrom(0.5, 0.7, 0.9), (words, threshold) => {
      const sentences = words.map((list) => list.join(" "));
      const near = findNear(sentences, threshold);
      for (const [index, found] of near.entries()) {
        expect(found.leader).toBeLessThanOrEqual(index);
        expect(near[found.leader]).toEqual({ leader: found.leader, similarity: 1 });
        expect(found.similarity).toBeGreaterThanOrEqual(threshold);
      }
    }),
  );
});

test("takes the most similar leader", () => {
  const texts = [
    "she drinks a cup of green tea at home",
    "she drinks a cup of black tea at home",
    "she drinks a cup of black tea at home!",
  ];
  expect(findNear(texts, 0.75).map(({ leader }) => leader)).toEqual([0, 1, 1]);
  expect(findNear(texts.toSpliced(1, 1), 0.6).map(({ leader }) => leader)).toEqual([0, 0]);
});

test("texts with other numbers are never near", () => {
  const texts = [
    "lives in the flat number 12 at the lake",
    "lives in the flat number 21 at the lake",
  ];
  expect(findNear(texts, 0.5).map(({ leader }) => leader)).toEqual([0, 1]);
});

const beginning = "the same long beginning of every text in this list ".repeat(4);

function ending(at: number): string {
  return String.fromCodePoint(0x4e00 + at, 0x5e00 + at, 0x6e00 + at).repeat(9);
}

function comparisonsOf(count: number): number {
  vi.mocked(similarity).mockClear();
  const near = findNear(
    Array.from({ length: count }, (_, at) => beginning + ending(at)),
    0.93,
  );
  expect(near.every(({ leader }, index) => leader === index)).toBe(true);
  return vi.mocked(similarity).mock.calls.length;
}

test("texts made to share their bands are compared with a bounded number of others", () => {
  expect(comparisonsOf(1000) / comparisonsOf(500)).toBeLessThan(2.5);
});
