import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { isRawNumber, numberText } from "../json/raw-number.ts";
import { isList } from "../json-kind.ts";

/** Deeper values are not compared: this walk uses the stack. */
const deepest = 1000;

/**
 * One text per JSON value, whatever the order of keys; 1 and "1", 0 and −0, null and absent stay
 * apart. `fold` is applied to strings, not to keys.
 * @throws `E_INVALID_INPUT` for a value of more than 1000 levels
 */
export function canonicalText(
  value: JsonValue,
  fold: (text: string) => string = (text) => text,
  depth: number = 0,
): string {
  if (typeof value === "string") return JSON.stringify(fold(value));
  if (typeof value === "number" || isRawNumber(value)) return numberText(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === deepest) {
    throw new PalimpsestError("E_INVALID_INPUT", `is nested deeper than ${deepest} levels`);
  }
  return isList(value)
    ? `[${value.map((item) => canonicalText(item, fold, depth + 1)).join(",")}]`
    : canonicalObject(value, fold, depth);
}

function canonicalObject(value: JsonObject, fold: (text: string) => string, depth: number): string {
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null, fold, depth + 1)}`);
  return `{${members.join(",")}}`;
}
