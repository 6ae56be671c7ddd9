/** Looks a header up by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/**
 * Milliseconds that the headers ask to wait, undefined when they ask nothing that can be read.
 * `Retry-After` in seconds or as a date, its millisecond variants, and providers' reset headers for
 * the limits that are used up.
 */
export function retryAfterOf(header: HeaderLookup, now: number): number | undefined {
  return (
    milliseconds(header("retry-after-ms")) ??
    milliseconds(header("x-ms-retry-after-ms")) ??
    secondsOrDate(header("retry-after"), now) ??
    longestReset(header, now)
  );
}

/** Sums units as in `6m0s`, `20ms`, `1h2m3.5s`. @returns milliseconds */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (units[unit as Unit] ?? 0);
  }
  return finite(total);
}

type Unit = keyof typeof units;
const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The pairs in use: what is left of a limit, and when all of it is back. */
const limits: readonly (readonly [remaining: string, reset: string])[] = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ["anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"],
  ["anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
  ["anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"],
  ["anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
  ["ratelimit-remaining", "ratelimit-reset"],
];

/** A limit that has room left is not what was hit, so its reset says nothing; some send -1 for unknown. */
function longestReset(header: HeaderLookup, now: number): number | undefined {
  let longest: number | undefined;
  for (const [remaining, reset] of limits) {
    if (header(remaining)?.trim() !== "0") continue;
    const wait = resetTime(header(reset), now);
    if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
  }
  return longest;
}

function milliseconds(value: string | undefined): number | undefined {
  return decimal(value?.trim());
}

function secondsOrDate(value: string | undefined, now: number): number | undefined {
  const text = value?.trim();
  const seconds = decimal(text);
  return seconds === undefined ? untilDate(text, now) : finite(seconds * 1_000);
}

/** A duration, a date, seconds, or, when too large for these, epoch seconds or milliseconds. */
function resetTime(value: string | undefined, now: number): number | undefined {
  const text = value?.trim();
  const number = decimal(text);
  if (number === undefined) return parseDuration(text ?? "") ?? untilDate(text, now);
  if (number < 1e9) return finite(number * 1_000);
  return Math.max(0, (number < 1e11 ? number * 1_000 : number) - now);
}

/** Only the forms of HTTP and of RFC 3339: `Date.parse` alone reads a date into many words. */
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*GMT|^\d{4}-\d\d-\d\dT/;

function untilDate(text: string | undefined, now: number): number | undefined {
  if (text === undefined || !datePattern.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? finite(Number(text)) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
