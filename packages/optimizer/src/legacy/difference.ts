import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isList, isRecord } from "../json-kind.ts";
import type { FieldPath, LegacyLoss } from "./loss.ts";

/** What a reader that gets `after` misses of `before`, at the deepest path that differs. */
export function difference(
  before: JsonValue,
  after: JsonValue,
  path: FieldPath = [],
): LegacyLoss[] {
  if (isRecord(before) && isRecord(after)) return recordDifference(before, after, path);
  if (isList(before) && isList(after) && before.length === after.length) {
    return before.flatMap((item, index) =>
      difference(item, after[index] ?? null, [...path, index]),
    );
  }
  return Object.is(before, after) ? [] : [{ kind: "changed", path }];
}

function recordDifference(before: JsonObject, after: JsonObject, path: FieldPath): LegacyLoss[] {
  const kept = Object.keys(before).filter((key) => Object.hasOwn(after, key));
  const read = Object.keys(after).filter((key) => Object.hasOwn(before, key));
  const losses: LegacyLoss[] = [];
  for (const [key, value] of Object.entries(before)) {
    const found = Object.hasOwn(after, key) ? after[key] : undefined;
    if (found === undefined) losses.push({ kind: "dropped", path: [...path, key] });
    else losses.push(...difference(value, found, [...path, key]));
  }
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key)) losses.push({ kind: "added", path: [...path, key] });
  }
  if (kept.some((key, index) => key !== read[index])) losses.push({ kind: "key-order", path });
  return losses;
}
