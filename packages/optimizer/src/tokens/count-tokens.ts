import { countTokens as countBy, PalimpsestError, type TokenCounter } from "@palimpsest/core";

/** @throws `E_INVALID_INPUT` for what has no method `count` */
export function checkCounter(counter: TokenCounter | undefined): void {
  if (typeof counter?.count === "function") return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    'this needs a counter of tokens, for example `await loadCounter("o200k_base")`',
  );
}

/** @throws `E_INVALID_INPUT` for what cannot count, or gives anything but a number of tokens */
export function countTokens(counter: TokenCounter, text: string): number {
  checkCounter(counter);
  return countBy(counter, text);
}
