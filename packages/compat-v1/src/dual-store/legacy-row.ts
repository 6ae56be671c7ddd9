import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Document,
  type DocumentKey,
  type JsonObject,
  parseJsonText,
  type Revision,
  sealDocument,
  type StoredDocument,
} from "@palimpsest/core";
import { BSON, type Collection, Long, ObjectId } from "mongodb";
import { firstTime } from "./timestamp.ts";

/** One document as v1 keeps it. The four named fields have the family's own names; others are the caller's. */
export interface LegacyRow {
  _id: unknown;
  id?: unknown;
  metadata?: Record<string, unknown> | null;
  /** Ours; the older code ignores it. */
  palimpsest?: OwnMark;
  [field: string]: unknown;
}

/** What this package keeps in a row that it wrote. */
interface OwnMark {
  readonly scope?: string;
  readonly epoch?: number;
  readonly counter?: number;
  /** The exact metadata, where v1's form cannot hold it. */
  readonly metadata?: string;
  /** An older row of an id that was written through this package. */
  readonly superseded?: boolean;
}

/** The part of a MongoDB collection that is used. */
export type LegacyCollection = Pick<
  Collection<LegacyRow>,
  | "find"
  | "insertOne"
  | "insertMany"
  | "replaceOne"
  | "updateOne"
  | "updateMany"
  | "deleteMany"
  | "aggregate"
  | "countDocuments"
  | "createIndex"
>;

export interface FamilyKeys {
  readonly textKey: string;
  readonly timeKey: string;
}

/** v1's own record of whether it wrote the vector. */
export interface VectorFlags {
  readonly vectorWriteSuccess?: unknown;
  readonly vectorWriteError?: unknown;
  readonly vectorWriteTimestamp?: unknown;
}

/** Metadata key under which a document carries the caller's further top-level fields. */
export const extraKey = "dualStoreExtra";
export const flagNames = [
  "vectorWriteSuccess",
  "vectorWriteError",
  "vectorWriteTimestamp",
] as const;

const { EJSON } = BSON;

/** What a row says, as the core's document. Values that JSON lacks are in MongoDB's extended JSON. */
export function readRow(row: LegacyRow, keys: FamilyKeys): Document {
  return {
    scope: row.palimpsest?.scope ?? "",
    id: rowId(row),
    text: readText(row[keys.textKey]),
    metadata: readMetadata(row, keys),
    timestamp: rowTime(row, keys),
  };
}

export function rowId(row: LegacyRow): string {
  return typeof row.id === "string" && row.id !== "" ? row.id : String(row.id ?? row._id);
}

/** By the family's field, then the copies that older versions kept, then the moment of the insert. */
export function rowTime(row: LegacyRow, { timeKey }: FamilyKeys): number {
  const metadata = row.metadata ?? {};
  const time = firstTime(row[timeKey], metadata[timeKey], metadata["timeStamp"]);
  return time ?? (row._id instanceof ObjectId ? row._id.getTimestamp().getTime() : 0);
}

export function rowFlags(row: LegacyRow): VectorFlags {
  const metadata = row.metadata ?? {};
  return Object.fromEntries(
    flagNames.filter((name) => name in metadata).map((name) => [name, metadata[name]]),
  );
}

/** Back to the values that MongoDB's own client would give, dates as `Date`. */
export function nativeMetadata(metadata: JsonObject): Record<string, unknown> {
  const { [extraKey]: _, ...own } = metadata;
  return EJSON.deserialize(own as BSON.Document, { relaxed: true }) as Record<string, unknown>;
}

/** Metadata as callers give it, dates included, in the form of the core's documents. */
export function jsonMetadata(metadata: Readonly<Record<string, unknown>>): JsonObject {
  const kept = Object.entries(metadata).filter(
    ([name, value]) => value !== undefined && !isFlag(name),
  );
  const exact = exactIntegers(Object.fromEntries(kept)) as BSON.Document;
  return cleaned(EJSON.serialize(exact, { relaxed: true })) as JsonObject;
}

/** The relaxed form would round integers that a number cannot hold. */
function exactIntegers(value: unknown): unknown {
  if (value instanceof Long) return { $numberLong: value.toString() };
  if (Array.isArray(value)) return value.map(exactIntegers);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, exactIntegers(each)]));
}

export function isFlag(name: string): boolean {
  return (flagNames as readonly string[]).includes(name);
}

function readMetadata(row: LegacyRow, keys: FamilyKeys): JsonObject {
  const exact = row.palimpsest?.metadata;
  if (exact !== undefined) return parseJsonText(exact) as JsonObject;
  const metadata = jsonMetadata(row.metadata ?? {});
  const extra = extraOf(row, keys);
  return Object.keys(extra).length === 0 ? metadata : { ...metadata, [extraKey]: extra };
}

function extraOf(row: LegacyRow, { textKey, timeKey }: FamilyKeys): JsonObject {
  const named = new Set(["_id", "id", "metadata", "palimpsest", textKey, timeKey]);
  return jsonMetadata(Object.fromEntries(Object.entries(row).filter(([key]) => !named.has(key))));
}

function readText(value: unknown): string {
  if (typeof value === "string") return value.replaceAll("\0", "\u{FFFD}");
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Strings that the core could not hold are made readable rather than making a family unreadable. */
function cleaned(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "\u{FFFD}");
  if (Array.isArray(value)) return value.map((each) => (each === undefined ? null : cleaned(each)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, cleaned(each)]),
  );
}

/** The row that older code reads back as this document, with the revision beside it. */
export function writeRow(document: StoredDocument, id: unknown, keys: FamilyKeys): LegacyRow {
  const { [extraKey]: extra, ...metadata } = document.metadata;
  const { epoch, counter } = document.revision;
  const mark: OwnMark = {
    ...(document.scope !== "" && { scope: document.scope }),
    epoch,
    counter,
  };
  const row: LegacyRow = {
    _id: id,
    ...(native(extra) as Record<string, unknown>),
    id: document.id,
    [keys.textKey]: document.text,
    [keys.timeKey]: document.timestamp,
    metadata: native(metadata) as Record<string, unknown>,
    palimpsest: mark,
  };
  const same = canonicalJson(readMetadata(row, keys)) === canonicalJson(document.metadata);
  if (same && isPlain(row)) return row;
  return { ...row, palimpsest: { ...mark, metadata: canonicalJson(document.metadata) } };
}

/** The part of a JSON value that every server takes as it is. */
function native(value: unknown): unknown {
  const kept = withoutOddKeys(value);
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return {};
  try {
    return EJSON.deserialize(kept as BSON.Document, { relaxed: true });
  } catch {
    // Something that only looks like extended JSON: the exact form is kept beside it.
    return {};
  }
}

const extended = new Set([
  "$date",
  "$oid",
  "$numberLong",
  "$numberDouble",
  "$binary",
  "$numberDecimal",
]);

function withoutOddKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOddKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isOdd(key) || extended.has(key))
      .map(([key, each]) => [key, withoutOddKeys(each)]),
  );
}

function isOdd(key: string): boolean {
  return key === "" || key === "__proto__" || key.startsWith("$") || key.includes(".");
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== "object" || value === null) return true;
  if (Object.getPrototypeOf(value) !== Object.prototype) return true;
  return Object.entries(value).every(([key, each]) => !isOdd(key) && isPlain(each));
}

/** The `_id` of a row that this package adds: one per key, so that two writers never add two. */
export function ownRowId({ scope, id }: DocumentKey): ObjectId {
  const digest = createHash("sha256")
    .update(JSON.stringify([scope, id]))
    .digest();
  return new ObjectId(digest.subarray(0, 12));
}

/** @throws `E_INVALID_INPUT` for an id that the core cannot hold */
export function toStored(document: Document, revision: Revision): StoredDocument {
  const { metadataJson: _, ...sealed } = sealDocument(document);
  return { ...sealed, revision };
}
