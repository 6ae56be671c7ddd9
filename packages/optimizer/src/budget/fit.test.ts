import { readFileSync } from "node:fs";
import type { JsonObject, TokenCounter } from "@palimpsest/core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { unpack } from "../pack/unpack.ts";
import { loadCounter } from "../tokens/load-counter.ts";
import { fit } from "./fit.ts";

const facts = JSON.parse(
  readFileSync(new URL("../../fixtures/facts-500.json", import.meta.url), "utf8"),
) as readonly (JsonObject & { readonly id: string; readonly importance: number })[];

let counter: TokenCounter;
beforeAll(async () => {
  counter = await loadCounter("o200k_base");
});

const byTurns = (_: unknown, i: number): number => (i * 7) % 5;

describe("fit", () => {
  it("packs the most valuable records, in the order given, within the budget", () => {
    const { text, tokens, included, omitted } = fit(facts, {
      budget: 2000,
      counter,
      rank: ({ importance }) => importance,
    });
    expect(tokens).toBe(counter.count(text));
    expect(tokens).toBeLessThanOrEqual(2000);
    expect(unpack(text)).toEqual(included.map((i) => facts[i]));
    const least = Math.min(...included.map((i) => facts[i]!.importance));
    const better = omitted.filter(({ index }) => facts[index]!.importance > least);
    // Only what did not fit by itself may be left out in favour of a lesser record.
    expect(better.length).toBeLessThanOrEqual(8);
    expect(omitted.map(({ handle }) => handle)).toEqual(
      omitted.map(({ index }) => facts[index]!.id),
    );
    expect([...included, ...omitted.map(({ index }) => index)].toSorted((a, b) => a - b)).toEqual([
      ...facts.keys(),
    ]);
  });

  it("uses the budget: one more record of the middle size would not fit", () => {
    const { included, tokens } = fit(facts, { budget: 3000, counter });
    expect(tokens).toBeGreaterThan(3000 - 100);
    expect(included.length).toBeGreaterThan(50);
  });

  it("counts the legend", () => {
    const plain = fit(facts, { budget: 1000, counter });
    const explained = fit(facts, { budget: 1000, counter, legend: true });
    expect(explained.tokens).toBeLessThanOrEqual(1000);
    expect(explained.included.length).toBeLessThan(plain.included.length);
  });

  it("counts rarely", () => {
    let counts = 0;
    const counting = {
      family: "counting",
      count: (text: string) => {
        counts++;
        return counter.count(text);
      },
    };
    fit(facts, { budget: 5000, counter: counting });
    expect(counts).toBeLessThan(40);
  });

  it("puts the records to keep in first, whatever they are worth", () => {
    const { included } = fit(facts, {
      budget: 800,
      counter,
      rank: (_, i) => i,
      keep: (_, i) => i === 3,
    });
    expect(included[0]).toBe(3);
    expect(included.at(-1)).toBe(499);
  });

  it("fails when what must be kept is too much, and says by how much", () => {
    expect(() => fit(facts, { budget: 100, counter, keep: () => true })).toThrow(
      expect.objectContaining({
        code: "E_BUDGET_EXCEEDED",
        message: expect.stringMatching(/500 records.*\d+ tokens.*100/),
      }),
    );
  });

  it("gives no text when not one record fits", () => {
    for (const budget of [0, 3]) {
      const nothing = fit(facts.slice(0, 2), { budget, counter });
      expect(nothing).toMatchObject({ text: "", tokens: 0, included: [] });
      expect(nothing.omitted).toHaveLength(2);
    }
    expect(fit([], { budget: 10, counter })).toMatchObject({ text: "", omitted: [] });
  });

  it("names a record only by what it has", () => {
    const records = [{ id: 7 }, { id: { a: 1 } }, "text", null];
    const { omitted } = fit(records, { budget: 0, counter });
    expect(omitted.map(({ handle }) => handle)).toEqual(["7", undefined, undefined, undefined]);
    const named = fit(records, { budget: 0, counter, handle: (_, i) => `row/${i}` });
    expect(named.omitted[2]?.handle).toBe("row/2");
  });

  it.each<[what: string, records: unknown[], options: object]>([
    ["a negative budget", [], { budget: -1 }],
    ["a budget that is no number", [], { budget: Number.NaN }],
    ["a rank that is NaN", [1, 2], { rank: () => Number.NaN }],
    ["a record that JSON cannot hold", [1, { at: new Date(0) }], { budget: 0 }],
    ["a profile that does not exist", [], { profile: "auto!" }],
    ["no counter", [], { counter: undefined }],
    ["a rank that is text", [{ id: 1 }], { rank: () => "1" }],
    ["a text for records", "abc" as unknown as unknown[], {}],
  ])("refuses %s", (_, records, options) => {
    expect(() => fit(records, { budget: 100, counter, ...options })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });

  it("holds every budget for any records, ranks and profiles", () => {
    const record = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 4,
    });
    const profile = fc.constantFrom("readable", "dense", "minified", "auto");
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 12 }),
        fc.nat(120),
        profile,
        (records, budget, chosen) => {
          const options = { budget, counter, rank: byTurns, profile: chosen };
          const { text, tokens, included } = fit(records, options);
          expect(tokens).toBe(counter.count(text));
          expect(tokens).toBeLessThanOrEqual(budget);
          const decoded = text === "" ? [] : unpack(text);
          expect(decoded).toEqual(included.map((i) => records[i]));
        },
      ),
      { numRuns: 300 },
    );
  });
});
