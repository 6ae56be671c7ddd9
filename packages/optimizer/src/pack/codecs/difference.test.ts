import fc from "fast-check";
import { expect, test } from "vitest";
import { throughCodec } from "../fixtures/cell-format.ts";
import { difference } from "./difference.ts";

const codec = difference();

test("integers relative to the row above", () => {
  expect(throughCodec(codec, 105, 101)).toBe("4");
  expect(throughCodec(codec, 101, 105)).toBe("-4");
  expect(throughCodec(codec, 7, 7)).toBe("0");
});

test("a row above that holds no integer counts as 0", () => {
  for (const above of [undefined, null, "5", 1.5, true, [5]]) {
    expect(throughCodec(codec, 7, above)).toBe("7");
  }
});

test("fractions, −0, what is no number and results out of range do not fit", () => {
  for (const value of [1.5, -0, "7", null, 2 ** 60]) {
    expect(codec.write(value, 1)).toBeUndefined();
  }
  for (const cell of ["", "a", "1.5", "01", "+1"]) {
    expect(() => codec.read(cell, 1)).toThrow("an integer is missing");
  }
  expect(() => codec.read("1", Number.MAX_SAFE_INTEGER)).toThrow("out of range");
});

test("any two integers: the value fits and comes back, or does not fit", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (value, above) => {
      fc.pre(!Object.is(value, -0));
      const cell = throughCodec(codec, value, above);
      expect(cell === undefined || cell === String(value - above)).toBe(true);
    }),
  );
});
