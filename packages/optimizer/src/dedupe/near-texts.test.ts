import fc from "fast-check";
import { expect, test } from "vitest";
import { shinglesOf, similarity } from "./min-hash.ts";
import { findNear } from "./near-texts.ts";

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
    "she drinks green tea at home",
    "he drinks black tea at work",
    "he drinks black tea at work!",
  ];
  expect(findNear(texts, 0.5)[2]?.leader).toBe(1);
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

test("texts made to share their bands are compared with a bounded number of others", () => {
  const texts = Array.from({ length: 2000 }, (_, at) => beginning + ending(at));
  const near = findNear([...texts, `${texts[0]}.`, `${texts[1999]}.`], 0.93);
  expect(near.slice(0, 2000).every(({ leader }, index) => leader === index)).toBe(true);
  expect(near[2000]?.leader).toBe(0);
});
