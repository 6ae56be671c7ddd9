import { isPalimpsestError, type TokenCounter } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { fit } from "../budget/fit.ts";
import { refer } from "../budget/refer.ts";
import { calculateReduction } from "../optimizer/reduction.ts";
import { pack } from "../pack/pack.ts";
import { analyzeFields } from "./analyze-fields.ts";
import { measureSteps } from "./measure-steps.ts";

const records = [{ id: "a" }, { id: "b" }];

const calls: readonly (readonly [string, (counter: TokenCounter) => unknown])[] = [
  ["pack", (counter) => pack(records, { profile: "auto", counter })],
  ["fit", (counter) => fit(records, { budget: 10, counter })],
  ["refer", (counter) => refer(records, { id: ({ id }) => id, show: ({ id }) => id, counter })],
  [
    "refer with a budget",
    (counter) => refer(records, { id: ({ id }) => id, show: ({ id }) => id, budget: 1, counter }),
  ],
  ["analyzeFields", (counter) => analyzeFields(records, { counter })],
  ["measureSteps", (counter) => [...measureSteps(records, { counter })]],
  ["calculateReduction", (counter) => calculateReduction(records, records, counter)],
];

describe.each(calls)("%s", (_, call) => {
  test.each([Number.NaN, -1, Infinity, "12", undefined, null, 3n, Promise.resolve(3)])(
    "refuses a counter that gives %o, by its name",
    (tokens) => {
      const count = (): number => tokens as number;
      const error = failureOf(() => call({ family: "broken", count }));
      expect(isPalimpsestError(error, "E_INVALID_INPUT")).toBe(true);
      expect(String(error)).toContain('the token counter "broken" gave');
    },
  );

  test("refuses what cannot count", () => {
    const error = failureOf(() => call({ family: "none" } as TokenCounter));
    expect(isPalimpsestError(error, "E_INVALID_INPUT")).toBe(true);
    expect(String(error)).toContain("counter");
  });

  test("takes zero and fractions, which estimates may give", () => {
    expect(() => call({ family: "fractions", count: () => 0.5 })).not.toThrow();
    expect(() => call({ family: "free", count: () => 0 })).not.toThrow();
  });

  test("passes an error of the counter on", () => {
    const own = new Error("no vocabulary");
    const count = (): number => {
      throw own;
    };
    expect(failureOf(() => call({ family: "throws", count }))).toBe(own);
  });
});

function failureOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
