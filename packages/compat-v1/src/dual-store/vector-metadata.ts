import type { JsonObject } from "@palimpsest/core";
import type { ChromaRecordMetadata } from "./chroma-collection.ts";
import { nativeMetadata } from "./legacy-row.ts";

/**
 * Metadata as v1 kept it beside a vector: scalars as they are, dates as ISO text, the rest as JSON
 * text, and the time under the family's key. Null is left out, which some servers refuse.
 */
export function vectorMetadata(
  metadata: JsonObject,
  timeKey: string,
  timestamp: number,
): ChromaRecordMetadata {
  const flat: ChromaRecordMetadata = {};
  for (const [key, value] of Object.entries(nativeMetadata(metadata))) {
    const kept = scalar(value);
    if (kept !== undefined) flat[key] = kept;
  }
  flat[timeKey] = timestamp;
  return flat;
}

function scalar(value: unknown): string | number | boolean | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}
