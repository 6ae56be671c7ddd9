import type { JsonObject, JsonValue } from "@palimpsest/core";
import { keyDictionary } from "./key-mappings.ts";

/** The fields that v1.2-lite's array holds, in its order. */
export const nineSlots: readonly string[] = Object.freeze([
  "user_id",
  "category",
  "key",
  "value",
  "importance",
  "timestamp",
  "source",
  "confidence",
  "tags",
]);

const { short } = keyDictionary();

/** v1's array of a record under long or short names; the long one wins. Always nine slots. */
export function toNineSlots(record: JsonObject): JsonValue[] {
  return nineSlots.map((name) => {
    const abbreviation = short.get(name) ?? name;
    const value = Object.hasOwn(record, name) ? record[name] : ownValue(record, abbreviation);
    return value ?? (name === "tags" ? [] : null);
  });
}

function ownValue(record: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** What v1 reads from its array: empty slots and slots that are not there are left out. */
export function fromNineSlots(slots: readonly JsonValue[]): JsonObject {
  const filled = nineSlots.flatMap((name, slot): [string, JsonValue][] => {
    const value = slots[slot];
    return value === undefined || isEmptySlot(name, value) ? [] : [[name, value]];
  });
  return Object.fromEntries(filled);
}

/** v1 writes an absent value and null alike, and absent tags as an empty list. */
export function isEmptySlot(name: string, value: JsonValue): boolean {
  return value === null || (name === "tags" && Array.isArray(value) && value.length === 0);
}
