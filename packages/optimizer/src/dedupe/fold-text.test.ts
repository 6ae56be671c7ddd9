import fc from "fast-check";
import { expect, test } from "vitest";
import { foldText } from "./fold-text.ts";

test.each([
  ["Straße", "STRASSE"],
  ["Straße", "STRAẞE"],
  ["ΣΊΣΥΦΟΣ", "σίσυφος"],
  ["Café", "CAFE\u0301"],
  ["α\u0345\u0301", "α\u0301\u0345"],
  ["  a \u00a0\t\n b ", "A B"],
  ["ﬁne", "FINE"],
])("%j and %j are one", (a, b) => {
  expect(foldText(a)).toBe(foldText(b));
});

test.each([
  ["cafe", "café"],
  ["ab", "a b"],
  ["a1", "a2"],
])("%j and %j are two", (a, b) => {
  expect(foldText(a)).not.toBe(foldText(b));
});

test("folding what is folded changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(foldText(foldText(text))).toBe(foldText(text));
    }),
  );
});
