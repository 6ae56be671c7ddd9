import type { Value } from "../codecs/codec.ts";
import { unpredictable } from "./unpredictable.ts";

/** As many digits as a number holds exactly. */
const mostDigits = 15;
/** Longer texts are not counted up, so that a short packed text cannot become a huge value. */
const longest = 200;

/** The integer one higher, or the text whose last number is one higher with its zeros kept. */
export function successor(value: Value): Value | typeof unpredictable {
  if (typeof value === "number") {
    return Number.isSafeInteger(value + 1) ? value + 1 : unpredictable;
  }
  if (typeof value !== "string" || value.length > longest) return unpredictable;
  let end = value.length;
  while (end > 0 && !isDigit(value, end - 1)) end--;
  let start = end;
  while (start > 0 && end - start < mostDigits && isDigit(value, start - 1)) start--;
  if (start === end) return unpredictable;
  const next = String(Number(value.slice(start, end)) + 1).padStart(end - start, "0");
  return value.slice(0, start) + next + value.slice(end);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
