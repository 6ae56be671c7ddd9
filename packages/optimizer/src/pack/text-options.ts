import { PalimpsestError } from "@palimpsest/core";
import { shown } from "../value-words.ts";

/** What a packed text carries beside the records. */
export interface TextOptions {
  /**
   * Puts a paragraph above the text that tells a model how to read it. `unpack` skips it.
   * @defaultValue `false`
   */
  readonly legend?: boolean;
  /** Repeats the column line after so many records, a positive integer; by default never. */
  readonly repeatHeader?: number;
}

/** @throws `E_INVALID_INPUT` naming the option */
export function checkPositive(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} must be a positive integer, not ${shown(value)}`,
  );
}
