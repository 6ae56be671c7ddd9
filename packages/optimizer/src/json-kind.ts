import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isPlainObject } from "./json/plain-data.ts";

/** A plain object: no list, no instance of a class, no number kept as its source text. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && isPlainObject(value);
}

/** `Array.isArray` does not narrow a readonly array. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
