import { expect, test } from "vitest";
import { counted, shown, withArticle } from "./value-words.ts";

test.each([
  ["exact", '"exact"'],
  [Number.NaN, "NaN"],
  [10n, "10"],
  [Symbol("s"), "Symbol(s)"],
  [undefined, "undefined"],
  [null, "null"],
  [[1], "a list"],
  [Object.create(null), "an object"],
  [() => 1, "a function"],
])("%o is shown without an error of its own", (value, text) => {
  expect(shown(value)).toBe(text);
});

test.each(["a Date", "an Error", "an Int8Array", "a Uint8Array", "a URL", "an object"])(
  "%s has its article",
  (text) => {
    expect(withArticle(text.replace(/^an? /, ""))).toBe(text);
  },
);

test("one thing is no plural", () => {
  expect([0, 1, 2].map((count) => counted(count, "cell"))).toEqual([
    "0 cells",
    "1 cell",
    "2 cells",
  ]);
});
