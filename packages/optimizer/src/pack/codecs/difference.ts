import { fail } from "../cells/cell.ts";
import type { Codec, Value } from "./codec.ts";

const integer = /^-?(?:0|[1-9]\d{0,15})$/;

/** Integers as the difference to the row above, which counts as 0 unless it holds an integer. */
export function difference(): Codec {
  return {
    spec: "-^",
    base: { kind: "above" },
    write(value, base) {
      if (!isInteger(value) || Object.is(value, -0)) return undefined;
      const cell = String(value - integerOf(base));
      return integer.test(cell) && Number(cell) + integerOf(base) === value ? cell : undefined;
    },
    read(cell, base) {
      if (!integer.test(cell)) return fail("an integer is missing here");
      const value = Number(cell) + integerOf(base);
      return isInteger(value) ? value : fail("the number is out of range");
    },
  };
}

function integerOf(base: Value): number {
  return isInteger(base) ? base : 0;
}

function isInteger(value: Value): value is number {
  return Number.isSafeInteger(value);
}
