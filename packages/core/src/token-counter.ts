import { PalimpsestError } from "./errors.ts";

/** Counts model tokens. The count is exact for its family and must be treated as an estimate for others. */
export interface TokenCounter {
  /** Name of the vocabulary, e.g. `"o200k_base"`. */
  readonly family: string;
  count(text: string): number;
}

/**
 * What a counter says of a text. Counters come from outside: with NaN no text is ever too long, and
 * nothing is ever the smallest.
 * @throws `E_INVALID_INPUT` naming the counter when it gives anything but a number of tokens
 */
export function countTokens(counter: TokenCounter, text: string): number {
  const tokens: unknown = counter.count(text);
  if (typeof tokens === "number" && tokens >= 0 && tokens < Infinity) return tokens;
  const given = typeof tokens === "number" ? tokens : typeof tokens;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the token counter ${JSON.stringify(counter.family)} gave ${given}; its count must return a number of tokens, 0 or more`,
  );
}
