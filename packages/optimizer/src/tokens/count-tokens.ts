import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { shown } from "../value-words.ts";

/** @throws `E_INVALID_INPUT` for what has no method `count` */
export function checkCounter(counter: TokenCounter | undefined): void {
  if (typeof counter?.count === "function") return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    'this needs a counter of tokens, for example `await loadCounter("o200k_base")`',
  );
}

/**
 * What a counter says of a text. Counters come from outside: with NaN no text is ever too long, and
 * nothing is ever the smallest.
 * @throws `E_INVALID_INPUT` naming the counter when it gives anything but a number of tokens
 */
export function countTokens(counter: TokenCounter, text: string): number {
  checkCounter(counter);
  const tokens: unknown = counter.count(text);
  if (typeof tokens === "number" && tokens >= 0 && tokens < Infinity) return tokens;
  const name = counter.family === undefined ? "" : ` ${shown(counter.family)}`;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the token counter${name} gave ${shown(tokens)}; its count must return a number of tokens, 0 or more`,
  );
}
