import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { difference } from "./difference.ts";
import { isRecord } from "../json-kind.ts";
import { shown } from "../value-words.ts";
import { checkLegacyJson } from "./legacy-json.ts";
import { type KeyDictionary, keyDictionary } from "./key-mappings.ts";
import type { LegacyLoss } from "./loss.ts";
import { toNineSlots } from "./nine-slots.ts";
import { renameKeys } from "./rename-keys.ts";
import { readAsV1 } from "./v1-reader.ts";

export interface EncodeLegacyOptions {
  readonly format: "array9" | "abbreviated";
  /** Writes although an old reader will miss something. @defaultValue `false` */
  readonly lossy?: boolean;
  /** Mappings that the old reader has besides v1's own: `long → short`. */
  readonly keyMappings?: Readonly<Record<string, string>>;
}

export interface EncodedLegacy {
  readonly data: JsonValue;
  /** What v1.2-lite's `expand` will not give back; only `key-order` unless `lossy` was set. */
  readonly losses: readonly LegacyLoss[];
}

/**
 * Writes a record for a reader of LuminoraCore v1.2-lite, byte for byte what v1 itself writes.
 * @throws `E_INVALID_INPUT` when that reader would miss more than the order of keys, and `lossy` is
 * not set; when the record is not JSON; `E_CONFIG` for unusable key mappings
 */
export function encodeLegacy(record: unknown, options: EncodeLegacyOptions): EncodedLegacy {
  const names = keyDictionary(options.keyMappings);
  const original = checkedRecord(record);
  const data = write(original, options.format, names);
  const losses = difference(original, readAsV1(data, names));
  const serious = losses.filter(({ kind }) => kind !== "key-order");
  if (serious.length > 0 && options.lossy !== true) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `format ${options.format} would lose ${serious.map(describe).join(", ")}; set lossy to write it anyway`,
    );
  }
  return { data, losses };
}

function checkedRecord(record: unknown): JsonObject {
  const checked = checkLegacyJson(record);
  if (isRecord(checked)) return checked;
  throw new PalimpsestError("E_INVALID_INPUT", "record must be an object: v1 has no other kind");
}

function write(
  record: JsonObject,
  format: EncodeLegacyOptions["format"],
  { short }: KeyDictionary,
): JsonValue {
  const abbreviated = renameKeys(record, short);
  switch (format) {
    case "array9":
      return toNineSlots(abbreviated);
    case "abbreviated":
      return abbreviated;
    default:
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `format ${shown(format)} cannot be written: array9 or abbreviated`,
      );
  }
}

function describe({ kind, path = [] }: LegacyLoss): string {
  return `${path.join(".") || "the record"} (${kind})`;
}
