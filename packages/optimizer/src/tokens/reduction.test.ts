import { readFileSync } from "node:fs";
import type { JsonValue, TokenCounter } from "@palimpsest/core";
import { beforeAll, describe, expect, it } from "vitest";
import { pack, type PackOptions } from "../pack/pack.ts";
import { loadCounter } from "./load-counter.ts";

const facts = JSON.parse(
  readFileSync(new URL("../../fixtures/facts-500.json", import.meta.url), "utf8"),
) as JsonValue[];

let counter: TokenCounter;
beforeAll(async () => {
  counter = await loadCounter("o200k_base");
});

/** Tokens of the packed records against minified JSON, as a fraction. */
function change(records: readonly JsonValue[], options: PackOptions): number {
  return counter.count(pack(records, options)) / counter.count(JSON.stringify(records)) - 1;
}

describe("tokens against minified JSON, by o200k_base", () => {
  it("of 500 facts: 48 % fewer readable, 61 % fewer dense", () => {
    expect(change(facts, { profile: "readable" })).toBeLessThanOrEqual(-0.48);
    expect(change(facts, { profile: "dense" })).toBeLessThanOrEqual(-0.61);
  });

  it("of ten facts: 40 % fewer readable", () => {
    expect(change(facts.slice(0, 10), { profile: "readable" })).toBeLessThanOrEqual(-0.4);
  });

  it.each([0, 1, 2, 3])("of %d facts: never more in auto", (size) => {
    const allow = ["readable", "dense", "minified"] as const;
    const records = facts.slice(0, size);
    expect(change(records, { profile: "auto", counter, allow })).toBeLessThanOrEqual(0);
  });
});
