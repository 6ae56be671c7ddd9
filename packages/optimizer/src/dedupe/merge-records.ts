import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isRecord } from "../json-kind.ts";
import { canonicalText } from "./canonical-text.ts";
import { applyRule, type FieldValue, type MergeRule } from "./merge-rules.ts";

/** A record and its position in the input. */
export interface Member {
  readonly input: number;
  readonly record: JsonObject;
}

/** A value of one of the records that the merged one does not show. */
export interface ReplacedValue extends FieldValue {
  readonly field: string;
}

export interface MergedRecord {
  /** The fields of all members, those of the first one first. */
  readonly record: JsonObject;
  readonly replaced: readonly ReplacedValue[];
  /** Values that took no part because their field's rule cannot rank them. */
  readonly odd: readonly ReplacedValue[];
}

/** One record that has every field of its members. */
export function mergeRecords(
  members: readonly Member[],
  rules: ReadonlyMap<string, MergeRule>,
): MergedRecord {
  const replaced: ReplacedValue[] = [];
  const odd: ReplacedValue[] = [];
  const merged = [...fieldsOf(members)].map(([field, values]): [string, JsonValue] => {
    const result = applyRule(rules.get(field) ?? "first", values);
    const shown = shownBy(result.value);
    const name = (value: FieldValue): ReplacedValue => ({ field, ...value });
    replaced.push(...values.filter(({ value }) => !shown(value)).map(name));
    odd.push(...(result.odd ?? []).map(name));
    return [field, result.value];
  });
  return { record: Object.fromEntries(merged), replaced, odd };
}

function fieldsOf(members: readonly Member[]): Map<string, [FieldValue, ...FieldValue[]]> {
  const fields = new Map<string, [FieldValue, ...FieldValue[]]>();
  for (const { input, record } of members) {
    for (const [field, value] of Object.entries(record)) {
      const values = fields.get(field);
      if (values) values.push({ input, value });
      else fields.set(field, [{ input, value }]);
    }
  }
  return fields;
}

/** Whether a value can be seen in a merged one: as it is, as items of its list, in its members. */
function shownBy(merged: JsonValue): (value: JsonValue) => boolean {
  const whole = canonicalText(merged);
  if (Array.isArray(merged)) {
    const items = new Set(merged.map((item) => canonicalText(item)));
    const has = (item: JsonValue): boolean => items.has(canonicalText(item));
    return (value) =>
      canonicalText(value) === whole || has(value) || (Array.isArray(value) && value.every(has));
  }
  if (!isRecord(merged)) return (value) => canonicalText(value) === whole;
  const members = new Map(Object.entries(merged).map(([key, value]) => [key, shownBy(value)]));
  return (value) =>
    canonicalText(value) === whole ||
    (isRecord(value) &&
      Object.entries(value).every(([key, member]) => members.get(key)?.(member) ?? false));
}
