import { PalimpsestError } from "@palimpsest/core";

export interface NumberRange {
  readonly above?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly below?: number;
  readonly integer?: boolean;
}

/**
 * The given number, once it is known to be in its range.
 * @throws `E_INVALID_INPUT` naming the option, its value and its range
 */
export function numberOption(name: string, value: number, range: NumberRange): number {
  const { integer = false } = range;
  if (isWithin(value, range) && (!integer || Number.isSafeInteger(value))) return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} is ${shown(value)}; give ${integer ? "an integer" : "a number"}${describe(range)}`,
  );
}

/** A string of digits must not look like the number that it is not. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Infinity is within a range without an upper end, NaN in none. */
function isWithin(value: number, { above, atLeast, atMost, below }: NumberRange): boolean {
  return (
    typeof value === "number" &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (atMost ?? Infinity) &&
    (below === undefined || value < below)
  );
}

function describe({ above, atLeast, atMost, below }: NumberRange): string {
  const bounds = [
    above === undefined ? "" : ` above ${above}`,
    atLeast === undefined ? "" : ` of at least ${atLeast}`,
    atMost === undefined ? "" : ` of at most ${atMost}`,
    below === undefined ? "" : ` below ${below}`,
  ];
  return bounds.filter((bound) => bound !== "").join(" and");
}
