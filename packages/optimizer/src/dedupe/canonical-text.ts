import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { isRawNumber, numberText } from "../json/raw-number.ts";
import { isList } from "../json-kind.ts";
import { foldNumber } from "./fold-number.ts";
import { foldText } from "./fold-text.ts";

/** Deeper values are not compared: this walk uses the stack. */
const deepest = 1000;

/**
 * One text per JSON value, whatever the order of keys; 1 and "1", 0 and −0, null and absent stay
 * apart. Folded, spellings of one text or number meet; keys are never folded.
 * @throws `E_INVALID_INPUT` for a value of more than 1000 levels
 */
export function canonicalText(
  value: JsonValue,
  folded: boolean = false,
  depth: number = 0,
): string {
  if (typeof value === "string") return JSON.stringify(folded ? foldText(value) : value);
  if (typeof value === "number" || isRawNumber(value)) {
    return folded ? foldNumber(numberText(value)) : numberText(value);
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === deepest) {
    throw new PalimpsestError("E_INVALID_INPUT", `is nested deeper than ${deepest} levels`);
  }
  return isList(value)
    ? `[${value.map((item) => canonicalText(item, folded, depth + 1)).join(",")}]`
    : canonicalObject(value, folded, depth);
}

function canonicalObject(value: JsonObject, folded: boolean, depth: number): string {
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null, folded, depth + 1)}`);
  return `{${members.join(",")}}`;
}
