import fc from "fast-check";
import { expect, test } from "vitest";
import { throughCodec } from "../fixtures/cell-format.ts";
import { scaled } from "./scaled.ts";

const codec = scaled(2);

test("hundredths as integers", () => {
  expect(codec.spec).toBe("/100");
  expect(throughCodec(codec, 0.95)).toBe("95");
  expect(throughCodec(codec, -1.1)).toBe("-110");
  expect(throughCodec(codec, 3630)).toBe("363000");
  expect(throughCodec(codec, 0)).toBe("0");
  for (const other of [0.955, 1e300, -0, "0.95", null]) {
    expect(codec.write(other, undefined)).toBeUndefined();
  }
  for (const cell of ["1.5", "01", "", "a", "-"]) {
    expect(() => codec.read(cell, undefined)).toThrow("an integer is missing");
  }
});

test("every decimal of that many digits comes back exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.maxSafeInteger(), (digits, n) => {
      const value = Number(`${n}e-${digits}`);
      const cell = throughCodec(scaled(digits), value);
      expect(cell !== undefined).toBe(Math.abs(n) < 1e15 && !Object.is(value, -0));
    }),
  );
});
