import { expect, test } from "vitest";
import { countTokens } from "./token-counter.ts";

const giving = (tokens: unknown) => ({ family: "broken", count: () => tokens as number });

test.each([0, 0.5, 12])("%d is a count", (tokens) => {
  expect(countTokens(giving(tokens), "text")).toBe(tokens);
});

test.each([Number.NaN, -1, Infinity, "12", undefined, null, 3n, Promise.resolve(3)])(
  "%o is refused by the counter's name",
  (tokens) => {
    expect(() => countTokens(giving(tokens), "text")).toThrow('the token counter "broken" gave');
  },
);

test("an error of the counter is passed on", () => {
  const own = new Error("no vocabulary");
  const count = (): number => {
    throw own;
  };
  expect(() => countTokens({ family: "throws", count }, "text")).toThrow(own);
});
