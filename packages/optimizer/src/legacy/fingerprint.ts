import { hash } from "node:crypto";
import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isList, isRecord } from "../json-kind.ts";
import { checkLegacyJson } from "./legacy-json.ts";
import { KEY_MAPPINGS } from "./key-mappings.ts";

/**
 * LuminoraCore v1.2-lite's fingerprint of a fact: lower-case hex SHA-256 of user_id, category, key
 * and value, under long or short names, absent as null. Kept to compare with what v1 stored; use
 * `deduplicate` to find duplicates: two records without these fields have one fingerprint.
 * Python writes some numbers otherwise (1.0, 1e-07): read them with `parseJson` to keep their text.
 * @throws `E_INVALID_INPUT` when the record is not JSON
 */
export function v1Fingerprint(record: JsonObject): string {
  checkLegacyJson(record);
  const fields = ["category", "key", "user_id", "value"].map((name): [string, JsonValue] => [
    name,
    fieldOf(record, name),
  ]);
  return hash("sha256", asciiJson(Object.fromEntries(fields)));
}

function fieldOf(record: JsonObject, name: string): JsonValue {
  if (Object.hasOwn(record, name)) return record[name] ?? null;
  const abbreviation = KEY_MAPPINGS[name] ?? name;
  return (Object.hasOwn(record, abbreviation) ? record[abbreviation] : null) ?? null;
}

/** As Python's `json.dumps(…, sort_keys=True, separators=(",", ":"))` writes it. */
function asciiJson(value: JsonValue): string {
  if (isList(value)) return `[${value.map(asciiJson).join(",")}]`;
  // A number kept as its source text prints as v1 wrote it.
  if (!isRecord(value)) return ascii(JSON.stringify(value));
  const members = Object.entries(value)
    .toSorted(([a], [b]) => compareCodePoints(a, b))
    .map(([key, member]) => `${ascii(JSON.stringify(key))}:${asciiJson(member)}`);
  return `{${members.join(",")}}`;
}

function ascii(text: string): string {
  return text.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Python sorts by code points, JavaScript by UTF-16 units: they differ beyond U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1);
}
