import { expect, test } from "vitest";
import { positionAt } from "./text-position.ts";

test("counts lines and UTF-16 columns from 1", () => {
  const text = "ab\n😀c\n";
  expect([0, 2, 3, 5, 7].map((offset) => positionAt(text, offset))).toEqual([
    { line: 1, column: 1 },
    { line: 1, column: 3 },
    { line: 2, column: 1 },
    { line: 2, column: 3 },
    { line: 3, column: 1 },
  ]);
});
