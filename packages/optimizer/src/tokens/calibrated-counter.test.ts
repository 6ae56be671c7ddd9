import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CalibratedCounter } from "./calibrated-counter.ts";
import { crossValidate } from "./cross-validate.ts";
import { estimateCounter, estimateFamilies, type EstimateFamily } from "./estimate-counter.ts";
import { estimateWeights } from "./estimate-weights.ts";
import { fitWeights } from "./fit-weights.ts";
import { loadCounter } from "./load-counter.ts";
import { featureNames, textFeatures } from "./text-features.ts";

type Vocabulary = keyof typeof estimateWeights;

interface Sample {
  readonly kind: string;
  readonly text: string;
  readonly tokens: Readonly<Record<Vocabulary, number>>;
}

const { samples } = JSON.parse(
  readFileSync(new URL("../../fixtures/token-counts.json", import.meta.url), "utf8"),
) as { samples: readonly Sample[] };

const vocabularies = Object.keys(estimateWeights) as Vocabulary[];

describe("the weights that are shipped", () => {
  it.each(vocabularies)("are what fitting the fixture gives: %s", (vocabulary) => {
    const observations = samples.map(({ text, tokens }) => ({
      features: textFeatures(text),
      tokens: tokens[vocabulary],
    }));
    const { weights, error } = estimateWeights[vocabulary];
    const fitted = fitWeights(observations);
    expect(weights).toHaveLength(featureNames.length);
    weights.forEach((weight, i) =>
      expect([featureNames[i], weight]).toEqual([featureNames[i], expect.closeTo(fitted[i]!, 2)]),
    );
    const measured = crossValidate(observations);
    expect(measured.samples).toBe(error.samples);
    expect(measured.mean).toBeCloseTo(error.mean, 2);
    expect(measured.p95).toBeCloseTo(error.p95, 2);
  });
});

describe("estimates", () => {
  it.each(estimateFamilies)("say what they are: %s", (family) => {
    const counter = estimateCounter(family);
    expect(counter).toMatchObject({ family, calibratedOn: expect.stringMatching(/\d/) });
    expect(counter.factor === 1 || counter.factorSource !== undefined).toBe(true);
    expect(counter.count("")).toBe(0);
    expect(counter.count("x")).toBeGreaterThanOrEqual(1);
  });

  it("of a newer Claude are 30 % above those of an older one", () => {
    const text = samples.map((sample) => sample.text).join("\n");
    const [newer, older] = (["claude", "claude-4.6"] as const).map((family) =>
      estimateCounter(family).count(text),
    );
    expect(newer! / older!).toBeCloseTo(1.3, 2);
  });

  it("of text that no fit has seen are within the stated error", async () => {
    const rows = JSON.parse(
      readFileSync(new URL("../../fixtures/optimizer-v1.2.jsonl", import.meta.url), "utf8").split(
        "\n",
      )[0]!,
    ) as unknown;
    for (const family of ["o200k_base", "cl100k_base"] as const) {
      const exact = await loadCounter(family);
      const estimated = estimateCounter(family);
      for (const text of [JSON.stringify(rows), JSON.stringify(rows, null, 2)]) {
        const error = Math.abs(estimated.count(text) / exact.count(text) - 1);
        expect(error).toBeLessThan(estimated.error.p95);
      }
    }
  });

  it("of an unknown family are refused with the list", () => {
    expect(() => estimateCounter("gpt-1" as EstimateFamily)).toThrow(/"gpt-1".*claude, /);
  });
});

describe("a counter fitted to somebody's own samples", () => {
  const own = samples.map(({ text, tokens }) => ({ text, tokens: tokens.gemini }));

  it("learns another vocabulary, and says how well", () => {
    const counter = new CalibratedCounter({ family: "mine", samples: own });
    expect(counter.family).toBe("mine");
    expect(counter.error.samples).toBe(own.length);
    expect(counter.error.mean).toBeLessThan(0.1);
    const total = own.reduce((sum, { tokens }) => sum + tokens, 0);
    const estimated = own.reduce((sum, { text }) => sum + counter.count(text), 0);
    expect(Math.abs(estimated / total - 1)).toBeLessThan(0.05);
  });

  it("learns the scale from few samples", () => {
    const doubled = samples.slice(0, 6).map(({ text, tokens }) => ({
      text,
      tokens: 2 * tokens.o200k_base,
    }));
    const counter = new CalibratedCounter({ family: "double", samples: doubled });
    const other = samples.at(-1)!;
    const ratio = counter.count(other.text) / estimateCounter("o200k_base").count(other.text);
    expect(ratio).toBeGreaterThan(1.6);
    expect(ratio).toBeLessThan(2.4);
  });

  it.each([
    ["too few", own.slice(0, 4)],
    ["no tokens", [...own, { text: "x", tokens: 0 }]],
    ["part of a token", [...own, { text: "x", tokens: 1.5 }]],
    ["no text", [...own, { text: "", tokens: 1 }]],
    ["NaN", [...own, { text: "x", tokens: Number.NaN }]],
  ])("refuses %s", (_, bad) => {
    expect(() => new CalibratedCounter({ family: "mine", samples: bad })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});
