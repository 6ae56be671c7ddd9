import fc from "fast-check";
import { expect, test } from "vitest";
import { foldNumber } from "./fold-number.ts";

test.each([
  ["1", ["1", "1.0", "1.000", "1e0", "10e-1", "0.1E+1", "100e-2"]],
  ["0", ["0", "-0", "0.0", "0e7", "-0.00E-3"]],
  ["1500", ["1500", "1.5e3", "15e2", "1500.0"]],
  ["beyond 2^53", ["12345678901234567890", "12345678901234567890.0", "1234567890123456789e1"]],
])("%s has one text", (_, spellings) => {
  expect(new Set(spellings.map(foldNumber)).size).toBe(1);
});

test("neighbours stay apart, also where JavaScript rounds them to one", () => {
  const texts = ["9007199254740992", "9007199254740993", "-1", "1", "10", "0.1", "1e400", "1e401"];
  expect(new Set(texts.map(foldNumber)).size).toBe(texts.length);
  const far = "1e99999999999999999999";
  expect(foldNumber(far)).toBe(far);
});

test("a number's value decides, whatever its spelling", () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(double, double, (a, b) => {
      expect(Number(foldNumber(String(a)))).toBe(a + 0);
      expect(foldNumber(a.toExponential())).toBe(foldNumber(String(a)));
      expect(foldNumber(String(a)) === foldNumber(String(b))).toBe(a === b);
    }),
  );
});
