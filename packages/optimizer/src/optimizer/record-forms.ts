import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { KEY_MAPPINGS, type KeyDictionary } from "../legacy/key-mappings.ts";
import { isRecord } from "../json-kind.ts";

/** One letter per known field, by its place in the mappings: part of the format, never reordered. */
const letters = "abcdefghijklmnopqrstuvwxyzABCDE";
const knownNames = Object.keys(KEY_MAPPINGS);
const letterOf = new Map(knownNames.map((name, at) => [name, letters.charAt(at)]));
const nameOf = new Map(knownNames.map((name, at) => [letters.charAt(at), name]));

/** In the word of fields: the field's name, or a custom short one, comes before its value. */
const named = ".";
const custom = ":";
/** Before a key: it is meant as it stands, or it is a custom short name. */
const literally = "~";
const shortened = "^";

/** `["adef", "u1", …]`: a word of letters that names the fields, then their values. */
export function toSlots(record: JsonObject, names: KeyDictionary | undefined): JsonValue[] {
  let word = "";
  const slots: JsonValue[] = [];
  for (const [key, value] of Object.entries(record)) {
    const letter = names && letterOf.get(key);
    const abbreviation = letter === undefined ? names?.short.get(key) : undefined;
    word += letter ?? (abbreviation === undefined ? named : custom);
    if (letter === undefined) slots.push(abbreviation ?? key);
    slots.push(value);
  }
  return [word, ...slots];
}

/** @throws `E_CORRUPT` unless the slots are exactly those that the word names */
export function fromSlots(slots: JsonValue, names: KeyDictionary): JsonObject {
  if (!Array.isArray(slots)) throw damaged("its compact form is not a list");
  const [word, ...rest]: JsonValue[] = slots;
  if (typeof word !== "string") throw damaged("the word that names its fields is missing");
  let at = 0;
  const fields = [...word].map((letter): [string, JsonValue] => {
    const known = nameOf.get(letter);
    const name = known ?? (letter === named || letter === custom ? rest[at++] : undefined);
    if (typeof name !== "string" || at >= rest.length)
      throw damaged("fields and values do not match");
    return [letter === custom ? customName(name, names) : name, rest[at++] ?? null];
  });
  if (at !== rest.length) throw damaged("it has more values than fields");
  return uniqueFields(fields);
}

/** `{"uid": "u1", …}`: short names; a key of the record that looks like one is marked. */
export function toShortKeys(record: JsonObject, { short, long }: KeyDictionary): JsonObject {
  const fields = Object.entries(record).map(([key, value]): [string, JsonValue] => {
    const abbreviation = short.get(key);
    if (abbreviation !== undefined) {
      return [letterOf.has(key) ? abbreviation : shortened + abbreviation, value];
    }
    const taken = long.has(key) || key.startsWith(literally) || key.startsWith(shortened);
    return [taken ? literally + key : key, value];
  });
  return Object.fromEntries(fields);
}

/** @throws `E_CORRUPT` when two keys mean one field; `E_CONFIG` for an unknown custom short name */
export function fromShortKeys(data: JsonValue, names: KeyDictionary): JsonObject {
  if (!isRecord(data)) throw damaged("its abbreviated form is not an object");
  const fields = Object.entries(data).map(([key, value]): [string, JsonValue] => {
    if (key.startsWith(literally)) return [key.slice(1), value];
    if (key.startsWith(shortened)) return [customName(key.slice(1), names), value];
    const name = names.long.get(key);
    return [name !== undefined && letterOf.has(name) ? name : key, value];
  });
  return uniqueFields(fields);
}

function customName(abbreviation: string, { long }: KeyDictionary): string {
  const name = long.get(abbreviation);
  if (name !== undefined && !letterOf.has(name)) return name;
  throw new PalimpsestError(
    "E_CONFIG",
    `the record was written with a custom short name ${JSON.stringify(abbreviation)}; name its field in keyMappings`,
  );
}

function uniqueFields(fields: readonly [string, JsonValue][]): JsonObject {
  const record = Object.fromEntries(fields);
  if (Object.keys(record).length !== fields.length) throw damaged("it names one field twice");
  return record;
}

function damaged(what: string): PalimpsestError {
  return new PalimpsestError("E_CORRUPT", `the compressed record is damaged: ${what}`);
}
