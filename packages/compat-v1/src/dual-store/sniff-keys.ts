import { PalimpsestError } from "@palimpsest/core";
import type { FamilyKeys, LegacyRow } from "./legacy-row.ts";

const textKeys = ["text", "content", "message", "data"];
const timeKeys = ["createdAt", "created_at", "timestamp"];

/** v1 stored its keys nowhere, so they are told from the fields that most documents have. */
export function sniffKeys(rows: readonly LegacyRow[]): FamilyKeys {
  const textKey = mostCommon(rows, textKeys);
  const timeKey = mostCommon(rows, timeKeys);
  if (rows.length === 0) return { textKey: "text", timeKey: "timestamp" };
  if (textKey !== undefined && timeKey !== undefined) return { textKey, timeKey };
  throw new PalimpsestError(
    "E_CONFIG",
    "the documents have none of v1's usual fields for text and time; pass `textKey` and `timeKey`",
  );
}

function mostCommon(rows: readonly LegacyRow[], keys: readonly string[]): string | undefined {
  const counted = keys.map((key) => ({ key, n: rows.filter((row) => key in row).length }));
  const [best] = counted.toSorted((a, b) => b.n - a.n);
  return best !== undefined && best.n > 0 ? best.key : undefined;
}
