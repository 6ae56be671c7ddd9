import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { isList, isRecord } from "../json-kind.ts";
import { shown } from "../value-words.ts";
import { checkLegacyJson } from "./legacy-json.ts";
import { type KeyDictionary, keyDictionary } from "./key-mappings.ts";
import type { FieldPath, LegacyAmbiguity, LegacyLoss } from "./loss.ts";
import { fromNineSlots, isEmptySlot, nineSlots } from "./nine-slots.ts";

/** How LuminoraCore v1.2-lite wrote a record; only the owner of the data knows which. */
export type LegacyFormat = "array9" | "abbreviated" | "plain";

export interface DecodeLegacyOptions {
  readonly format: LegacyFormat;
  /** Mappings that the application had added to v1's own: `long → short`. */
  readonly keyMappings?: Readonly<Record<string, string>>;
  /**
   * Below the record, v1 shortened keys too, the user's own included. `"expand"` makes them long, as
   * v1 did; `"keep"` leaves them as stored. @defaultValue `"expand"`
   */
  readonly nested?: "expand" | "keep";
}

export interface DecodedLegacy {
  readonly record: JsonObject;
  /** What this format has certainly or possibly lost when the record was written. */
  readonly losses: readonly LegacyLoss[];
  /** Where two different records look alike in this format. */
  readonly ambiguities: readonly LegacyAmbiguity[];
}

interface KeyNames extends KeyDictionary {
  readonly nested: "expand" | "keep";
}

/** Short names that applications use as names of their own. */
const words = new Set(["title", "desc", "sum", "style", "goal", "char", "know", "exp"]);

/**
 * Reads one record that LuminoraCore v1.2-lite wrote. The format is never guessed from the data,
 * and nothing that is in the data is left out of the result.
 * @throws `E_INVALID_INPUT` when the data is not of the format; `E_CONFIG` for unusable key mappings
 */
export function decodeLegacy(data: unknown, options: DecodeLegacyOptions): DecodedLegacy {
  const stored = checkLegacyJson(data);
  const names = { ...keyDictionary(options.keyMappings), nested: checkedNested(options.nested) };
  switch (options.format) {
    case "array9":
      return decodeSlots(stored, names);
    case "abbreviated":
      return decodeNames(recordIn(stored, options.format), names);
    case "plain":
      return decodePlain(recordIn(stored, options.format), names);
    default:
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `format ${shown(options.format)} is unknown: array9, abbreviated or plain`,
      );
  }
}

function checkedNested(nested: DecodeLegacyOptions["nested"] = "expand"): KeyNames["nested"] {
  if (nested === "expand" || nested === "keep") return nested;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `nested ${shown(nested)} is unknown: expand or keep`,
  );
}

function recordIn(data: JsonValue, format: LegacyFormat): JsonObject {
  if (isRecord(data)) return data;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `data of format ${format} must be an object${isList(data) ? "; for a list use array9" : ""}`,
  );
}

function decodeSlots(data: JsonValue, names: KeyNames): DecodedLegacy {
  if (!isList(data)) {
    throw new PalimpsestError("E_INVALID_INPUT", "data of format array9 must be a list");
  }
  const doubts = nineSlots.flatMap((name, slot): LegacyAmbiguity[] => {
    const value = data[slot];
    if (value === undefined || !isEmptySlot(name, value)) return [];
    return [{ kind: value === null ? "null-or-absent" : "empty-or-absent", path: [name] }];
  });
  const fields = Object.entries(fromNineSlots(data)).map(([name, value]): [string, JsonValue] => [
    name,
    expandWithin(value, [name], names, doubts),
  ]);
  const extra = data.slice(nineSlots.length).map((value, index): LegacyLoss => ({
    kind: "extra-slot",
    path: [nineSlots.length + index],
    value,
  }));
  return {
    record: Object.fromEntries(fields),
    losses: [{ kind: "fields-beyond-nine" }, { kind: "key-order" }, ...extra],
    ambiguities: doubts,
  };
}

function decodeNames(data: JsonObject, names: KeyNames): DecodedLegacy {
  const ambiguities: LegacyAmbiguity[] = [];
  return { record: expandRecord(data, [], names, ambiguities), losses: [], ambiguities };
}

function decodePlain(record: JsonObject, { short, long }: KeyNames): DecodedLegacy {
  const ambiguities = Object.keys(record)
    .filter((key) => long.has(key) && !short.has(key))
    .map((key): LegacyAmbiguity => ({ kind: "short-name", path: [key] }));
  return { record, losses: [], ambiguities };
}

function expandRecord(
  data: JsonObject,
  path: FieldPath,
  names: KeyNames,
  doubts: LegacyAmbiguity[],
): JsonObject {
  const fields = Object.entries(data).map(([key, value]): [string, JsonValue] => {
    const { name, doubt } = readName(key, data, path.length > 0, names);
    const at = [...path, name];
    if (doubt) doubts.push({ kind: doubt, path: at });
    return [name, expandWithin(value, at, names, doubts)];
  });
  return Object.fromEntries(fields);
}

function expandWithin(
  value: JsonValue,
  path: FieldPath,
  names: KeyNames,
  doubts: LegacyAmbiguity[],
): JsonValue {
  if (names.nested === "keep") return value;
  if (isRecord(value)) return expandRecord(value, path, names, doubts);
  if (!isList(value)) return value;
  return value.map((item, index) => expandWithin(item, [...path, index], names, doubts));
}

/** The long name of a stored key, unless its place is taken, and what speaks against it. */
function readName(
  key: string,
  data: JsonObject,
  nested: boolean,
  { short, long }: KeyNames,
): { readonly name: string; readonly doubt?: LegacyAmbiguity["kind"] } {
  const abbreviation = short.get(key);
  if (abbreviation !== undefined && abbreviation !== key) return { name: key, doubt: "long-name" };
  const name = long.get(key);
  if (name === undefined || name === key) return { name: key };
  if (Object.hasOwn(data, name)) return { name: key, doubt: "long-and-short" };
  if (nested) return { name, doubt: "nested-short-key" };
  return words.has(key) ? { name, doubt: "ordinary-word" } : { name };
}
