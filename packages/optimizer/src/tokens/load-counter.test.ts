import { readFileSync } from "node:fs";
import fc from "fast-check";
import { countTokens as countCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { countTokens as countO200k } from "gpt-tokenizer/encoding/o200k_base";
import { beforeAll, describe, expect, it } from "vitest";
import type { TokenCounter } from "@palimpsest/core";
import { type ExactFamily, exactFamilies, loadCounter } from "./load-counter.ts";

const asText = { disallowedSpecial: new Set<string>() };
const libraries = { o200k_base: countO200k, cl100k_base: countCl100k };

describe.each(exactFamilies)("%s", (family) => {
  let counter: TokenCounter;
  const library = (text: string): number => libraries[family](text, asText);
  beforeAll(async () => {
    counter = await loadCounter(family);
  });

  it("names its family and counts names of special tokens as text", () => {
    expect(counter.family).toBe(family);
    expect(counter.count("")).toBe(0);
    expect(counter.count("hello world")).toBe(2);
    expect(counter.count("<|endoftext|>")).toBeGreaterThan(1);
  });

  it("counts as the library does, on runs of every kind and length", () => {
    const unit = fc.constantFrom(..."aA9 \n\r/=.'é汉あ한สи🎉\u00a0\u0301", "ing", "'s", "\ud83d");
    const run = fc
      .tuple(unit, fc.integer({ min: 1, max: 300 }))
      .map(([text, times]) => text.repeat(times));
    const mixed = fc.array(unit, { maxLength: 300 }).map((parts) => parts.join(""));
    const text = fc.array(fc.oneof(run, mixed), { maxLength: 5 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (value) => {
        expect(counter.count(value)).toBe(library(value));
      }),
      { numRuns: 400 },
    );
  });

  it("counts long text without a boundary, which takes the library minutes", () => {
    expect(counter.count("a".repeat(200_000))).toBe(25_000);
    expect(counter.count("汉".repeat(100_000))).toBeGreaterThan(25_000);
  });

  it("counts what is longer than one window as the sum of its parts", () => {
    const sentence = "Ana's notes, 12345: they don't end!  \n\n";
    const times = 60_000;
    const text = sentence.repeat(times) + "=".repeat(300);
    expect(text.length).toBeGreaterThan(2 ** 21);
    expect(counter.count(text)).toBe(library(text));
  });
});

it("agrees with the counts that the estimates were fitted to", async () => {
  const { samples } = JSON.parse(
    readFileSync(new URL("../../fixtures/token-counts.json", import.meta.url), "utf8"),
  ) as { samples: { text: string; tokens: Record<ExactFamily, number> }[] };
  for (const family of exactFamilies) {
    const counter = await loadCounter(family);
    for (const { text, tokens } of samples) expect(counter.count(text)).toBe(tokens[family]);
  }
});

it("survives a word on which the engine's regular expressions run out of stack", async () => {
  const counter = await loadCounter("o200k_base");
  const letters = 6_000_000;
  const tokens = counter.count("א".repeat(letters));
  const few = counter.count("א".repeat(1000)) / 1000;
  expect(tokens / letters).toBeCloseTo(few, 2);
});

it("refuses a family that it cannot count", async () => {
  await expect(loadCounter("claude" as ExactFamily)).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
    message: expect.stringMatching(/"claude".*o200k_base/),
  });
});
