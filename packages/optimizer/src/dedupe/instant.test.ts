import { expect, test } from "vitest";
import { instantOf } from "./instant.ts";

const noon = Date.UTC(2024, 10, 18, 12) * 1000;

test.each([
  ["2024-11-18T12:00:00Z", noon],
  ["2024-11-18 12:00:00", noon],
  ["2024-11-18T12:00", noon],
  ["2024-11-18T07:00:00-05:00", noon],
  ["2024-11-18T17:30+0530", noon],
  [" 2024-11-18T14:00:00+02 ", noon],
  ["2024-11-18T12:00:00.123456Z", noon + 123_456],
  ["2024-11-18", noon - 12 * 3600 * 1e6],
  ["2024-1-5", Date.UTC(2024, 0, 5) * 1000],
  [noon / 1e6, noon],
  [noon / 1e3, noon],
  [JSON.parse("-1"), -1e6],
])("%j", (value, instant) => {
  expect(instantOf(value)).toBe(instant);
});

test.each(["soon", "", "2024-02-30", "2024-13-01", "12:00", "2024-11-18T25:00", null, true, []])(
  "%j is no date",
  (value) => {
    expect(instantOf(value)).toBeUndefined();
  },
);
