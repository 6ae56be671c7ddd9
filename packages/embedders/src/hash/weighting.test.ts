import { describe, expect, it } from "vitest";
import { countFeatures, saturate, wordWeights } from "./weighting.ts";

const corpus = {
  documents: 100,
  frequencies: new Map([
    ["elephants", 1],
    ["everybody", 100],
  ]),
};

describe("wordWeights", () => {
  it("damps short lower-case words, but no numbers, CJK or scripts without case", () => {
    const weightOf = wordWeights({ kind: "document" });
    expect(["a", "the", "their", "theirs"].map(weightOf)).toEqual([2 / 7, 4 / 7, 6 / 7, 1]);
    expect(["7", "v2", "東京", "שלום"].map(weightOf)).toEqual([1, 1, 1, 1]);
    expect(weightOf("что")).toBe(4 / 7);
  });

  it("weighs a query's words by rarity, and unknown ones at half of the rarest", () => {
    const weightOf = wordWeights({ kind: "query", statistics: corpus });
    expect(weightOf("elephants")).toBeCloseTo(Math.log(1 + 99.5 / 1.5));
    expect(weightOf("everybody")).toBeCloseTo(Math.log(1 + 0.5 / 100.5));
    expect(weightOf("elefants")).toBeCloseTo(Math.log(1 + 100.5 / 0.5) / 2);
    expect(weightOf("elefants")).toBeLessThan(weightOf("elephants"));
  });

  it("never reads statistics for a document", () => {
    expect(wordWeights({ kind: "document", statistics: corpus })("elephants")).toBe(1);
  });

  it("stays finite and positive with statistics that contradict themselves", () => {
    const tooMany = { documents: 100, frequencies: new Map([["everybody", 1e6]]) };
    const consistent = wordWeights({ kind: "query", statistics: corpus })("everybody");
    expect(wordWeights({ kind: "query", statistics: tooMany })("everybody")).toBe(consistent);
    for (const documents of [Number.NaN, -1, 0]) {
      const statistics = { documents, frequencies: new Map<string, number>() };
      expect(wordWeights({ kind: "query", statistics })("everybody")).toBe(1);
    }
  });
});

describe("countFeatures", () => {
  it("counts words and neighbours", () => {
    const { words, pairs } = countFeatures("Tea, tea and TEA!");
    expect([...words]).toEqual([
      ["tea", 3],
      ["and", 1],
    ]);
    expect([...pairs]).toEqual([
      ["tea tea", 1],
      ["tea and", 1],
      ["and tea", 1],
    ]);
  });
});

describe("saturate", () => {
  it("is 1 for one and never reaches 2.2", () => {
    expect(saturate(1)).toBe(1);
    expect(saturate(3)).toBeLessThan(1.6);
    expect(saturate(1e6)).toBeLessThan(2.2);
  });
});
