import type { Value } from "../codecs/codec.ts";
import { unpredictable } from "./unpredictable.ts";

const lastNumber = /^([^]*?)(\d{1,15})(\D*)$/;
/** Longer texts are not counted up, so that a short packed text cannot become a huge value. */
const longest = 200;

/** The integer one higher, or the text whose last number is one higher with its zeros kept. */
export function successor(value: Value): Value | typeof unpredictable {
  if (typeof value === "number") {
    return Number.isSafeInteger(value + 1) ? value + 1 : unpredictable;
  }
  if (typeof value !== "string" || value.length > longest) return unpredictable;
  const [, head = "", digits, tail = ""] = lastNumber.exec(value) ?? [];
  if (digits === undefined) return unpredictable;
  return head + String(Number(digits) + 1).padStart(digits.length, "0") + tail;
}
