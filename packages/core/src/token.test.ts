import { expect, expectTypeOf, test } from "vitest";
import type { Clock } from "./clock.ts";
import { createToken, type Token } from "./token.ts";
import { tokens } from "./tokens.ts";

test("a token of one name is one symbol, however many copies of the package there are", () => {
  const token: Token<Clock> = createToken("@palimpsest/core/clock");
  expect(token).toBe(Symbol.for("@palimpsest/core/clock"));
  expect(tokens.clock).toBe(token);
  expect(new Set(Object.values(tokens)).size).toBe(Object.keys(tokens).length);
});

test("a token carries the type of what it stands for", () => {
  expectTypeOf(tokens.clock).toEqualTypeOf<Token<Clock>>();
  expectTypeOf(tokens.clock).not.toEqualTypeOf<Token<string>>();
});
