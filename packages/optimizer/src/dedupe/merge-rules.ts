import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { isList, isRecord } from "../json-kind.ts";
import { shown } from "../value-words.ts";
import { canonicalText } from "./canonical-text.ts";
import { instantOf } from "./instant.ts";

/** The value of one field in one of the records that are merged. */
export interface FieldValue {
  /** Position of the record in the input. */
  readonly input: number;
  readonly value: JsonValue;
}

/** Makes one value of all, which come in the order of the input; at least one. */
export type MergeFunction = (values: readonly FieldValue[]) => JsonValue;

/**
 * - `first`, `last`: by the order of the input
 * - `max`, `min`: of the numbers
 * - `latest`, `earliest`: of the dates, by the moment they mean, not by their text
 * - `union`: lists become one list without repetitions, a lone value counting as a list of one;
 *   objects become one object, by the same rule within, the first value winning
 * - `collect`: a list of the different values; one alone stays as it is
 */
export type MergeRule =
  | "first"
  | "last"
  | "max"
  | "min"
  | "latest"
  | "earliest"
  | "union"
  | "collect"
  | MergeFunction;

export const defaultMergeRules: Readonly<Record<string, MergeRule>> = Object.freeze({
  importance: "max",
  confidence: "max",
  timestamp: "latest",
  created_at: "earliest",
  createdAt: "earliest",
  updated_at: "latest",
  updatedAt: "latest",
  last_accessed: "latest",
  lastAccessed: "latest",
  source: "collect",
  tags: "union",
  metadata: "union",
});

export interface MergedField {
  readonly value: JsonValue;
  /** Values that cannot be ranked by the rule, which took no part. */
  readonly odd?: readonly FieldValue[];
}

/** @throws `E_INVALID_INPUT` for a rule that does not exist, or a function's value that is not JSON */
export function applyRule(
  rule: MergeRule,
  values: readonly [FieldValue, ...FieldValue[]],
): MergedField {
  if (typeof rule === "function") return { value: checked(rule(values)) };
  const [first] = values;
  switch (rule) {
    case "first":
      return { value: first.value };
    case "last":
      return { value: (values.at(-1) ?? first).value };
    case "max":
      return pick(values, numberOf, (a, b) => a > b);
    case "min":
      return pick(values, numberOf, (a, b) => a < b);
    case "latest":
      return pick(values, instantOf, (a, b) => a > b);
    case "earliest":
      return pick(values, instantOf, (a, b) => a < b);
    case "union":
      return { value: unite(values.map(({ value }) => value)) };
    case "collect":
      return { value: collect(values.map(({ value }) => value)) };
    default:
      throw new PalimpsestError("E_INVALID_INPUT", `merge rule ${shown(rule)} is unknown`);
  }
}

function checked(value: JsonValue): JsonValue {
  checkJson(value);
  return value;
}

/** The best value by its rank; the earlier one of equals. Without any rank, the first value. */
function pick(
  values: readonly [FieldValue, ...FieldValue[]],
  rankOf: (value: JsonValue) => number | undefined,
  better: (a: number, b: number) => boolean,
): MergedField {
  let best: { readonly value: JsonValue; readonly rank: number } | undefined;
  const odd: FieldValue[] = [];
  for (const field of values) {
    const rank = rankOf(field.value);
    if (rank !== undefined && (!best || better(rank, best.rank))) best = { ...field, rank };
    if (rank === undefined && field.value !== null) odd.push(field);
  }
  return { value: best ? best.value : values[0].value, odd };
}

function numberOf(value: JsonValue): number | undefined {
  if (isRawNumber(value)) return Number(value.rawJSON);
  return typeof value === "number" ? value : undefined;
}

function unite(values: readonly JsonValue[]): JsonValue {
  const [first = null, ...more] = values.filter((value) => value !== null);
  if (first === null || more.length === 0) return first;
  if (isRecord(first) && more.every(isRecord)) return uniteRecords([first, ...more]);
  const text = canonicalText(first);
  if (more.every((value) => canonicalText(value) === text)) return first;
  return distinct([first, ...more].flatMap(itemsOf));
}

function uniteRecords(records: readonly JsonObject[]): JsonObject {
  const fields = new Map<string, JsonValue[]>();
  for (const [key, value] of records.flatMap(Object.entries<JsonValue>)) {
    const values = fields.get(key);
    if (values) values.push(value);
    else fields.set(key, [value]);
  }
  const united = [...fields].map(([key, values]): [string, JsonValue] => [
    key,
    uniteMembers(values),
  ]);
  return Object.fromEntries(united);
}

/** Within an object only lists and objects grow: a lone value does not become a list. */
function uniteMembers(values: readonly JsonValue[]): JsonValue {
  const grows = values.every(isRecord) || values.every(isList);
  return grows ? unite(values) : (values[0] ?? null);
}

function collect(values: readonly JsonValue[]): JsonValue {
  const [first = null, ...more] = values.filter((value) => value !== null);
  const items = distinct([first, ...more].flatMap(itemsOf));
  return items.length === 1 && !Array.isArray(first) ? first : items;
}

function itemsOf(value: JsonValue): readonly JsonValue[] {
  return isList(value) ? value : [value];
}

function distinct(items: readonly JsonValue[]): JsonValue[] {
  const seen = new Map<string, JsonValue>();
  for (const item of items) {
    const text = canonicalText(item);
    if (!seen.has(text)) seen.set(text, item);
  }
  return [...seen.values()];
}
