import { fail } from "../cells/cell.ts";
import type { Codec } from "./codec.ts";

const integer = /^-?(?:0|[1-9]\d{0,14})$/;

/** Numbers with at most `digits` decimals as integers: at `/100` the cell 95 is 0.95. */
export function scaled(digits: number): Codec {
  const factor = 10 ** digits;
  return {
    spec: `/${factor}`,
    write(value) {
      if (typeof value !== "number") return undefined;
      const cell = String(Math.round(value * factor));
      // Dividing two exact integers rounds once, as reading the decimal does.
      return integer.test(cell) && Object.is(Number(cell) / factor, value) ? cell : undefined;
    },
    read: (cell) =>
      integer.test(cell) ? Number(cell) / factor : fail("an integer is missing here"),
  };
}
