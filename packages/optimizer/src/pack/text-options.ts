import { PalimpsestError } from "@palimpsest/core";

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

/** From JavaScript, types keep nothing out. @throws `E_INVALID_INPUT` for any other name */
export function checkProfiles(profiles: readonly unknown[], known: readonly string[]): void {
  for (const profile of profiles) {
    if (known.some((name) => name === profile)) continue;
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `there is no profile ${JSON.stringify(profile)}; use ${known.join(", ")}`,
    );
  }
}

/** @throws `E_INVALID_INPUT` naming the option */
export function checkPositive(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return;
  throw new PalimpsestError("E_INVALID_INPUT", `${name} must be a positive integer, not ${value}`);
}
