import fc from "fast-check";
import { expect, it } from "vitest";
import { countMerged, type Ranks } from "./byte-pair-merge.ts";

/** The definition, step by step: merge the leftmost pair of lowest rank until none is left. */
function merged(piece: string, ranks: Ranks): number {
  const parts = [...piece];
  for (;;) {
    const pairs = parts.slice(1).map((part, i) => ranks.get(parts[i]! + part) ?? Infinity);
    const lowest = Math.min(...pairs, Infinity);
    if (lowest === Infinity) return parts.length;
    const at = pairs.indexOf(lowest);
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}

it("leaves what the definition leaves, for any vocabulary", () => {
  const token = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 2, maxLength: 5 });
  const vocabulary = fc.uniqueArray(token, { maxLength: 30 });
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(vocabulary, piece, (tokens, text) => {
      const ranks = new Map(tokens.map((name, rank) => [name, rank]));
      expect(countMerged(text, ranks)).toBe(merged(text, ranks));
    }),
    { numRuns: 3000 },
  );
});
