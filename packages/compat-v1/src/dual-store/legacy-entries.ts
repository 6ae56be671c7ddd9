import { randomUUID } from "node:crypto";
import type { Document, JsonObject } from "@palimpsest/core";
import { invalid } from "./arguments.ts";
import {
  extraKey,
  type FamilyKeys,
  isFlag,
  jsonMetadata,
  nativeMetadata,
  type VectorFlags,
} from "./legacy-row.ts";
import { firstTime } from "./timestamp.ts";
import type { DualStoreMetadata, GenericEntry } from "./types.ts";

export interface EntryDefaults {
  readonly time: () => number;
  readonly uuid?: (() => string) | undefined;
}

/**
 * What v1's callers pass, as a document. An entry that came from a read is taken back whole: its
 * `text` and `timestamp` count where the family's own keys are missing, its status is left out.
 */
export function toDocument(
  entry: Readonly<Record<string, unknown>>,
  keys: FamilyKeys,
  defaults: EntryDefaults,
): Document {
  if (typeof entry !== "object" || entry === null) throw invalid("an entry must be an object");
  const { textKey, timeKey } = keys;
  const metadata = (entry["metadata"] ?? {}) as Record<string, unknown>;
  const text = entry[textKey] ?? entry["text"];
  if (typeof text !== "string") throw invalid(`an entry needs a string under "${textKey}"`);
  const id = entry["id"] ?? (defaults.uuid ?? randomUUID)();
  if (typeof id !== "string") throw invalid("an entry's id must be a string");
  return {
    scope: "",
    id,
    text,
    metadata: withExtra(jsonMetadata(metadata), extraOf(entry, keys)),
    timestamp: timeOf(entry, metadata, timeKey) ?? defaults.time(),
  };
}

/** @throws `E_INVALID_INPUT` for a time that is given but names no moment */
function timeOf(
  entry: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>>,
  timeKey: string,
): number | undefined {
  const given = [entry[timeKey], entry["timestamp"], metadata[timeKey], metadata["timeStamp"]];
  const time = firstTime(...given);
  const own = entry[timeKey];
  if (own !== undefined && own !== null && firstTime(own) === undefined) {
    throw invalid(`"${timeKey}" must be epoch milliseconds, a date or an ISO text`);
  }
  return time;
}

function extraOf(entry: Readonly<Record<string, unknown>>, keys: FamilyKeys): JsonObject {
  const named = new Set(["_id", "id", "metadata", "palimpsest", keys.textKey, keys.timeKey]);
  if (!(keys.textKey in entry)) named.add("text");
  if (!(keys.timeKey in entry)) named.add("timestamp");
  return jsonMetadata(Object.fromEntries(Object.entries(entry).filter(([key]) => !named.has(key))));
}

export function withExtra(metadata: JsonObject, extra: JsonObject): JsonObject {
  return Object.keys(extra).length === 0 ? metadata : { ...metadata, [extraKey]: extra };
}

/** What every read of v1 returns; absent flags read as v1's newest version had them. */
export function toGeneric(document: Document, flags: VectorFlags = {}): GenericEntry {
  const metadata: DualStoreMetadata = {
    ...nativeMetadata(document.metadata),
    vectorWriteSuccess: flags.vectorWriteSuccess as boolean | undefined,
    vectorWriteError: flags.vectorWriteError as string | null | undefined,
    vectorWriteTimestamp: (flags.vectorWriteTimestamp ?? null) as number | null,
  };
  return { id: document.id, text: document.text, timestamp: document.timestamp, metadata };
}

/** The document under the names that the family's callers filter by. */
export function toRecord(document: Document, keys: FamilyKeys): Record<string, unknown> {
  return {
    ...extraFields(document),
    id: document.id,
    [keys.textKey]: document.text,
    [keys.timeKey]: document.timestamp,
    metadata: nativeMetadata(document.metadata),
  };
}

/** The caller's further top-level fields. */
export function extraFields(document: Pick<Document, "metadata"> | undefined): JsonObject {
  const extra = document?.metadata[extraKey];
  return typeof extra === "object" && extra !== null && !Array.isArray(extra)
    ? (extra as JsonObject)
    : {};
}

/** User metadata for an update, without status. */
export function cleanMetadata(metadata: Readonly<Record<string, unknown>>): JsonObject {
  return jsonMetadata(
    Object.fromEntries(Object.entries(metadata).filter(([name]) => !isFlag(name))),
  );
}
