import { PalimpsestError } from "@palimpsest/core";

/** @throws `E_INVALID_INPUT` for anything but a whole number of tokens */
export function checkBudget(budget: number): void {
  if (Number.isSafeInteger(budget) && budget >= 0) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `budget must be a whole number of tokens, 0 or more, got ${budget}`,
  );
}
