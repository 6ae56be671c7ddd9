import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@palimpsest/core";
import type { SourceDocument, SourceRecord } from "@palimpsest/migration";
import {
  type FamilyKeys,
  flagNames,
  isFlag,
  jsonMetadata,
  type LegacyRow,
  readRow,
} from "./legacy-row.ts";
import { ageOf, isOwn } from "./row-view.ts";
import { coerceTime, firstTime, timeEncoding } from "./timestamp.ts";

/** A record of v1's vector collection, without its vector. */
export interface VectorEntry {
  readonly id: string;
  readonly text: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** Value of `metadata.v1.system` in everything that this import writes. */
export const importedSystem = "dualstore";
const longestId = 512;

/**
 * What a row becomes: the document that the adapter shows, and under `v1` where it comes from and
 * whatever v1 held beside it: the time as it was written, the flags, values of another type.
 */
export function importedRow(row: LegacyRow, keys: FamilyKeys, family: string): SourceRecord {
  const { id, text, metadata, timestamp } = readRow(row, keys);
  const rowName = String(row._id);
  const encoding = timeEncoding(row[keys.timeKey]);
  const scope = row.palimpsest?.scope;
  const v1: JsonObject = {
    system: importedSystem,
    family,
    row: rowName,
    ...(row[keys.timeKey] !== timestamp && {
      time: { encoding, ...rawValue(row[keys.timeKey]) },
    }),
    ...flagsOf(row.metadata ?? {}),
    ...(typeof row[keys.textKey] !== "string" && { text: rawValue(row[keys.textKey]) }),
    ...(typeof row.id !== "string" && { id: rawValue(row.id) }),
    ...(scope !== undefined && { scope }),
    ...ownV1(metadata),
  };
  return {
    table: "documents",
    row: rowName,
    notes: notesOf(row, text, keys),
    document: { id, text, metadata: { ...metadata, v1 }, timestamp },
    revision: {
      rank: [
        row.palimpsest?.superseded === true || scope !== undefined ? 0 : 1,
        ageOf(row, keys),
        isOwn(row) ? 0 : 1,
        rowName,
      ],
      olderId: olderId(id, rowName),
    },
  };
}

/** A vector whose document is gone keeps what it had of it: the text and flat metadata. */
export function importedOrphan(entry: VectorEntry, keys: FamilyKeys, family: string): SourceRecord {
  const held = entry.metadata ?? {};
  const metadata = jsonMetadata(held);
  const time = firstTime(held[keys.timeKey], held["timeStamp"]);
  const v1: JsonObject = {
    system: importedSystem,
    family,
    orphan: true,
    ...flagsOf(held),
    ...ownV1(metadata),
  };
  const text = (entry.text ?? "").replaceAll("\0", "\u{FFFD}");
  return {
    table: "vectors",
    row: entry.id,
    notes: [
      "orphan-vector",
      ...(text.trim() === "" ? ["blank-text"] : []),
      ...(time === undefined ? ["time-unknown"] : []),
    ],
    document: { id: entry.id, text, metadata: { ...metadata, v1 }, timestamp: time ?? 0 },
  };
}

/** The same under its own id, saying whose older state it is. */
export function importedOlder(document: SourceDocument): SourceDocument {
  const v1 = document.metadata["v1"] as JsonObject;
  return {
    ...document,
    metadata: { ...document.metadata, v1: { ...v1, olderRevisionOf: document.id } },
  };
}

/** Made of the row's own `_id`, so that no later row of v1 gives it another one. */
function olderId(id: string, rowName: string): string {
  const plain = `${id}~${rowName}`;
  if (Buffer.byteLength(plain) <= longestId) return plain;
  return `~${createHash("sha256").update(plain).digest("hex")}`;
}

/** A key that the import itself needs: the caller's value moves below it. */
function ownV1(metadata: JsonObject): JsonObject {
  return metadata["v1"] === undefined ? {} : { metadata: metadata["v1"] };
}

function flagsOf(metadata: Readonly<Record<string, unknown>>): JsonObject {
  const flags: Record<string, JsonValue> = {};
  for (const name of flagNames) {
    if (!(name in metadata)) continue;
    flags[name] = rawValue(metadata[name])["value"] ?? null;
  }
  return Object.keys(flags).length === 0 ? {} : { vectorWrite: flags };
}

/** A value in MongoDB's extended JSON; absent when there is none. */
function rawValue(value: unknown): JsonObject {
  return value === undefined ? {} : jsonMetadata({ value });
}

function notesOf(row: LegacyRow, text: string, { textKey, timeKey }: FamilyKeys): string[] {
  const encoding = timeEncoding(row[timeKey]);
  const raw = row[textKey];
  return [
    ...(text.trim() === "" ? ["blank-text"] : []),
    ...(row.metadata?.["type"] === "image" ? ["image"] : []),
    ...(encoding === "epochMs" ? [] : [`time-${timeNotes[encoding]}`]),
    ...(coerceTime(row[timeKey]) === undefined && !hasOtherTime(row, timeKey)
      ? ["time-of-insert"]
      : []),
    ...(typeof raw === "string" ? [] : ["text-not-string"]),
    ...(typeof row.id === "string" && row.id !== "" ? [] : ["id-not-string"]),
    ...(holdsNul(row, 0) ? ["nul-replaced"] : []),
  ];
}

const timeNotes = {
  date: "date",
  iso: "iso",
  quotedIso: "quoted-iso",
  absent: "absent",
  invalid: "invalid",
} as const;

function hasOtherTime({ metadata }: LegacyRow, timeKey: string): boolean {
  return firstTime(metadata?.[timeKey], metadata?.["timeStamp"]) !== undefined;
}

/** No store of ours holds U+0000; a row that had one is worth a look. */
function holdsNul(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value.includes("\0");
  if (typeof value !== "object" || value === null || depth > 100) return false;
  if (Array.isArray(value)) return value.some((each) => holdsNul(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).some(([key, each]) => !isFlag(key) && holdsNul(each, depth + 1));
}
