import { expect, test } from "vitest";
import { numberOption } from "./number-option.ts";

test("gives back what is in its range", () => {
  expect(numberOption("limit", 3, { atLeast: 3, integer: true })).toBe(3);
  expect(numberOption("wait", Infinity, { above: 0 })).toBe(Infinity);
});

test.each([
  [0, { above: 0 }, "limit is 0; give a number above 0"],
  [Number.NaN, {}, "limit is NaN; give a number"],
  [1, { atLeast: 0, below: 1 }, "limit is 1; give a number of at least 0 and below 1"],
  [1.5, { integer: true, atMost: 2 }, "limit is 1.5; give an integer of at most 2"],
])("%d is refused in the range %o", (value, range, message) => {
  expect(() => numberOption("limit", value, range)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT", message }),
  );
});

test("digits are no number: they would be joined where numbers are added", () => {
  // @ts-expect-error callers without types
  expect(() => numberOption("limit", "5", { above: 0 })).toThrow(
    `limit is "5"; give a number above 0`,
  );
});
