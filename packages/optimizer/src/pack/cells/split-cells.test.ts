import { expect, test } from "vitest";
import { endOfString, splitCells, splitRecords } from "./split-cells.ts";

test("splits at the separator, but not inside a quoted cell", () => {
  expect(splitCells("a,,b", ",")).toEqual(["a", "", "b"]);
  expect(splitCells('a,"b,c\\"",d"e,', ",")).toEqual(["a", '"b,c\\""', 'd"e', ""]);
  expect(splitCells('"a"', ",")).toEqual(['"a"']);
});

test("splits records and their cells", () => {
  expect(splitRecords("a,b;c", ";", ",")).toEqual([["a", "b"], ["c"]]);
  expect(splitRecords('a,"b;c";,d', ";", ",")).toEqual([
    ["a", '"b;c"'],
    ["", "d"],
  ]);
});

test("refuses an open quote and text after a quote", () => {
  expect(() => splitCells('"a', ",")).toThrow("not closed");
  expect(() => splitCells('"a"b,c', ",")).toThrow("after a quoted string");
  expect(() => splitRecords('a;"b', ";", ",")).toThrow("not closed");
});

test("an escaped quote does not end a string, an escaped backslash before one does", () => {
  expect(endOfString('"a\\"b"c', 0)).toBe(6);
  expect(endOfString('"a\\\\"b"c', 0)).toBe(5);
});
