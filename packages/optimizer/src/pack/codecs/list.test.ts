import { expect, test } from "vitest";
import { rowFormat } from "../fixtures/cell-format.ts";
import { list, listSeparator, readListSpec } from "./list.ts";

const codec = list(" ", rowFormat);

test.each([
  [["plans", "diet"], "plans diet"],
  [["one"], "one"],
  [[1, true, null, "2"], '1 true null "2"'],
  [["a", "b c", ""], 'a "b c" ""'],
  [["a", "~", "x\ty"], 'a "~" x\\ty'],
])("%j is %s", (value, cell) => {
  expect(codec.write(value, undefined)).toBe(cell);
  expect(codec.read(cell, undefined)).toStrictEqual(value);
});

test("empty arrays, nested ones, and those that start with a quote do not fit", () => {
  for (const value of [[], [[1]], [{}], ["", "a"], ["b c"], "a b", 7, null]) {
    expect(codec.write(value, undefined)).toBeUndefined();
  }
});

test("empty elements and open quotes are refused", () => {
  for (const cell of ["a  b", " a", "a ", 'a "b', 'a "b"c', "a ~"]) {
    expect(() => codec.read(cell, undefined)).toThrow(/empty element|not closed|after a quoted/);
  }
});

test("the separator is the first that the fewest texts contain", () => {
  expect(listSeparator([["a"], ["b"]])).toBe(" ");
  expect(listSeparator([["a b"], ["c d", "e"]])).toBe(",");
  expect(listSeparator([["a, b"], ["c d, e"]])).toBe(";");
  expect(readListSpec("[;]")).toBe(";");
  expect(readListSpec("[*]")).toBeUndefined();
});
