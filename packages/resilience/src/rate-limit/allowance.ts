import { numberOption } from "../number-option.ts";

export interface RateLimits {
  /** Calls per interval. @defaultValue Infinity */
  readonly requests?: number;
  /** Tokens per interval, input and output. @defaultValue Infinity */
  readonly tokens?: number;
  /** Milliseconds. @defaultValue 60,000 */
  readonly interval?: number;
}

/** One call and its tokens, taken from an allowance. */
export interface Reservation {
  /** Says how many tokens the call has used so far; the difference to what was reserved is given back, or owed. */
  settle(tokens: number): void;
  /** Gives everything back: the call was not made. */
  cancel(): void;
}

/** A reservation, or how many milliseconds to wait before asking again. */
export type Taken = Reservation | { readonly wait: number };

/** What is left of a rate: in this process (`LocalAllowance`) or of a fleet (`SharedAllowance`). */
export interface Allowance {
  /** Tokens per interval; a call that needs more can never be made. */
  readonly tokenLimit: number;
  /** Takes one call and its tokens, when both fit. */
  take(tokens: number): Taken | Promise<Taken>;
  /** Milliseconds that these calls and tokens will wait at least, as far as is known without asking anybody. */
  leastWait(calls: number, tokens: number): number;
  /** Lets nobody through before `until`, epoch milliseconds; the latest of all holds. */
  coolDown(until: number): void | Promise<void>;
}

/** @throws `E_INVALID_INPUT` when nothing is limited or a limit is out of range */
export function checkRateLimits({
  requests,
  tokens,
  interval = 60_000,
}: RateLimits): Required<RateLimits> {
  const limits = { requests: requests ?? Infinity, tokens: tokens ?? Infinity };
  numberOption("requests per interval", limits.requests, { atLeast: 1 });
  numberOption("tokens per interval", limits.tokens, { atLeast: 1 });
  numberOption("the interval in milliseconds", interval, { atLeast: 1, below: 2 ** 31 });
  // One of the two is a limit, or there is none.
  numberOption("the lower of requests and tokens", Math.min(limits.requests, limits.tokens), {
    below: Infinity,
  });
  return { ...limits, interval };
}
