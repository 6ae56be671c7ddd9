import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { tokenCost } from "./token-cost.ts";

test("ranks ways of writing a value as the tokenizer does", () => {
  const pairs = [
    ["95", "0.95"],
    ["250107 030213", "2025-01-07T03:02:13Z"],
    ["00237", "fact_00237"],
    ["tea", "the cup of tea"],
    [".95", "0.95"],
    ["", "x"],
  ] as const;
  for (const [short, long] of pairs) {
    expect(countTokens(short)).toBeLessThan(countTokens(long));
    expect(tokenCost(short)).toBeLessThan(tokenCost(long));
  }
});
