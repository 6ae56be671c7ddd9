import { expect, test } from "vitest";
import { lexicalTrust } from "./lexical-trust.ts";

test.each<[string, [string, number][], number]>([
  [
    "all words known",
    [
      ["tea", 3],
      ["green", 40],
    ],
    1,
  ],
  ["no word known", [["qwfp", 0]], 0],
  ["no words", [], 0],
])("%s", (_, frequencies, trust) => {
  expect(lexicalTrust({ documents: 100, frequencies: new Map(frequencies) })).toBe(trust);
});

test("a common known word beside an unknown one earns little, a rare one more", () => {
  expect(trustBesideUnknown(900)).toBeLessThan(0.1);
  expect(trustBesideUnknown(1)).toBeGreaterThan(0.6);
});

function trustBesideUnknown(frequency: number): number {
  const frequencies = new Map([
    ["known", frequency],
    ["qwfp", 0],
  ]);
  return lexicalTrust({ documents: 1000, frequencies });
}
