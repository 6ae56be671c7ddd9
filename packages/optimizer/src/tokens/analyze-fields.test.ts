import { readFileSync } from "node:fs";
import type { JsonObject, TokenCounter } from "@palimpsest/core";
import { beforeAll, describe, expect, it } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { pack } from "../pack/pack.ts";
import { analyzeFields } from "./analyze-fields.ts";
import { loadCounter } from "./load-counter.ts";

const facts = JSON.parse(
  readFileSync(new URL("../../fixtures/facts-500.json", import.meta.url), "utf8"),
) as readonly JsonObject[];

let counter: TokenCounter;
beforeAll(async () => {
  counter = await loadCounter("o200k_base");
});

describe("analyzeFields", () => {
  it("accounts for every token, and measures each step on the same records", () => {
    const analysis = analyzeFields(facts, { counter });
    const minified = counter.count(JSON.stringify(facts));
    expect(analysis).toMatchObject({ family: "o200k_base", records: 500, measured: 500 });
    expect(analysis.tokens).toBe(minified);
    const inFields = analysis.fields.reduce((sum, f) => sum + f.keyTokens + f.valueTokens, 0);
    expect(inFields + analysis.otherTokens).toBe(minified);
    expect(Math.abs(analysis.otherTokens) / minified).toBeLessThan(0.15);
    const steps = Object.fromEntries(analysis.steps.map(({ name, tokens }) => [name, tokens]));
    expect(steps).toEqual({
      padded: counter.count(JSON.stringify(facts, null, 2)),
      minified,
      readable: counter.count(pack(facts, { profile: "readable" })),
      dense: counter.count(pack(facts, { profile: "dense" })),
      deduplicated: expect.any(Number),
    });
  });

  it("says exactly what leaving a field out saves, the most expensive first", () => {
    const { fields, tokens } = analyzeFields(facts, { counter });
    expect(fields.map(({ field }) => field).toSorted()).toEqual(Object.keys(facts[0]!).toSorted());
    const value = fields.find(({ field }) => field === "value")!;
    const rest = facts.map((fact) =>
      Object.fromEntries(Object.entries(fact).filter(([field]) => field !== "value")),
    );
    expect(value.saved).toBe(tokens - counter.count(JSON.stringify(rest)));
    const costs = fields.map((cost) => cost.keyTokens + cost.valueTokens);
    expect(costs).toEqual(costs.toSorted((a, b) => b - a));
  });

  it("counts a field in the records that have it, whatever its name", () => {
    const records = [JSON.parse('{"__proto__":1,"a":null}'), { a: [1, { b: 2 }] }, 7, [], null];
    const { fields } = analyzeFields(records, { counter });
    expect(fields.map(({ field, records: n }) => [field, n]).toSorted()).toEqual([
      ["__proto__", 1],
      ["a", 2],
    ]);
  });

  it("stays linear over thousands of field names", () => {
    let counted = 0;
    const counting = {
      family: "counting",
      count: (text: string) => {
        counted += text.length;
        return text.length;
      },
    };
    const records = Array.from({ length: 2000 }, (_, i) => ({ [`field_${i}`]: i }));
    const { fields } = analyzeFields(records, { counter: counting });
    expect(fields).toHaveLength(2000);
    expect(fields.filter(({ saved }) => saved !== undefined)).toHaveLength(32);
    expect(counted).toBeLessThan(50 * JSON.stringify(records).length);
  });

  it("takes an even sample", () => {
    const analysis = analyzeFields(facts, { counter, sample: 10 });
    expect(analysis).toMatchObject({ records: 500, measured: 10 });
    const every50th = facts.filter((_, i) => i % 50 === 0);
    expect(analysis.tokens).toBe(counter.count(JSON.stringify(every50th)));
  });

  it("takes numbers as they are written, nesting of any depth, and no record at all", () => {
    const written = "[1.0,12345678901234567890,-0]";
    const { tokens } = analyzeFields(parseJson(`[{"n":${written}}]`) as JsonObject[], { counter });
    expect(tokens).toBe(counter.count(`[{"n":${written}}]`));
    const deep = parseJson(`[{"d":${"[".repeat(20_000)}${"]".repeat(20_000)}}]`) as JsonObject[];
    const steps = analyzeFields(deep, { counter }).steps.map(({ name }) => name);
    expect(steps).toEqual(["minified", "readable", "dense", "deduplicated"]);
    expect(analyzeFields([], { counter })).toMatchObject({ records: 0, fields: [] });
  });

  it("shows what merging saves", () => {
    const records = Array.from({ length: 10 }, () => ({
      user_id: "u",
      category: "c",
      key: "k",
      value: "v",
    }));
    const { steps, tokens } = analyzeFields(records, { counter });
    const merged = steps.find(({ name }) => name === "deduplicated")!;
    expect(merged.tokens).toBeLessThan(tokens / 5);
    expect(merged.change).toBeCloseTo(merged.tokens / tokens - 1);
  });

  it("refuses anything but a list", () => {
    expect(() => analyzeFields("records" as unknown as JsonObject[], { counter })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT", message: "records must be a list" }),
    );
  });

  it.each([-1, 1.5, Number.NaN])("refuses a sample of %d", (sample) => {
    expect(() => analyzeFields([{ a: 1 }], { counter, sample })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});
