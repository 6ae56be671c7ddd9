import { PalimpsestError } from "@palimpsest/core";
import { shown } from "./value-words.ts";

/**
 * From JavaScript, types keep nothing out, and an option with a typing error must not work as another.
 * @throws `E_INVALID_INPUT` naming the option and its choices
 */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return;
  const known = choices
    .map(shown)
    .join(", ")
    .replace(/, ([^,]*)$/, " or $1");
  throw new PalimpsestError("E_INVALID_INPUT", `${option} must be ${known}, not ${shown(value)}`);
}
