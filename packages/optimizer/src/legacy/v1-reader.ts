import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isList, isRecord } from "../json-kind.ts";
import type { KeyDictionary } from "./key-mappings.ts";
import { fromNineSlots } from "./nine-slots.ts";
import { renameKeys } from "./rename-keys.ts";

/**
 * What v1.2-lite's own `expand` makes of its data, defects included: the yardstick of what an old
 * reader gets. The shipped reader is `decodeLegacy`, which keeps what this one overwrites.
 */
export function readAsV1(data: JsonValue, { long }: KeyDictionary): JsonObject {
  const record = isList(data) ? fromNineSlots(data) : data;
  return isRecord(record) ? renameKeys(record, long) : {};
}
