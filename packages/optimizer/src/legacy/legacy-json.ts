import { type JsonValue, PalimpsestError } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";

/** v1.2-lite could not write more than 497 levels; ours may then use the stack. */
const deepest = 1000;

/**
 * Admits JSON that v1.2-lite could have held.
 * @throws `E_INVALID_INPUT` naming the path of what is not JSON, or for deeper nesting
 */
export function checkLegacyJson(value: unknown): JsonValue {
  checkJson(value);
  if (isDeeper(value, deepest)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `value is nested deeper than ${deepest} levels, which v1 cannot read or write`,
    );
  }
  return value as JsonValue;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
