import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isList, isRecord } from "../json-kind.ts";

/**
 * Renames keys at every depth, in lists too, as v1.2-lite does: when two names become one, the
 * later value takes the earlier one's place.
 */
export function renameKeys(record: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const renamed = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(record)) {
    renamed.set(names.get(key) ?? key, renameWithin(value, names));
  }
  return Object.fromEntries(renamed);
}

function renameWithin(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (isList(value)) return value.map((item) => renameWithin(item, names));
  return isRecord(value) ? renameKeys(value, names) : value;
}
