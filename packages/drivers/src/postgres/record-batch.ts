import type { Revision, SealedDocument } from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";
import { keyString } from "./document-rows.ts";
import type { StoreRow } from "./store-state.ts";
import { type TermEntry, termEntry } from "./term-entry.ts";
import { activeVectorText } from "./vector-text.ts";

/** `write`: what must be there. `any` nothing, `absent` no live document, `revision` that one. */
export type Condition = "any" | "absent" | Revision;

/** A record that passed the edge: everything that does not depend on the store. */
export interface CheckedRecord {
  readonly sealed: SealedDocument;
  /** A copy of the caller's; undefined when there is none or the text is not indexed. */
  readonly given: Float32Array | undefined;
  readonly condition: Condition;
  /** Of a new record; an existing one counts on from its own. */
  readonly revision: Revision;
}

/** A record ready to be written. */
export interface PreparedRecord extends CheckedRecord {
  /** Undefined when the text is not indexed. */
  readonly entry: TermEntry | undefined;
  /** As the server reads it. */
  readonly vector: string | undefined;
}

export function isIndexed(sealed: SealedDocument): boolean {
  return !sealed.deleted && sealed.text !== "";
}

/** @param modelId - model that made the vectors; undefined for the active index's */
export function prepareRecords(
  records: readonly CheckedRecord[],
  store: StoreRow,
  modelId: string | undefined,
): PreparedRecord[] {
  return records.map((record) => {
    const { sealed, given } = record;
    return {
      ...record,
      entry: isIndexed(sealed) ? termEntry(sealed.scope, sealed.text) : undefined,
      vector: given && activeVectorText(store, given, sealed, modelId),
    };
  });
}

const mostRecords = 2_000;
const mostCharacters = 16 * 1024 * 1024;

/** Splits a call into statements: each key at most once in each, in the call's order per key. */
export function batches(records: readonly PreparedRecord[]): PreparedRecord[][] {
  const all: PreparedRecord[][] = [];
  let batch: PreparedRecord[] = [];
  let keys = new Set<string>();
  let characters = 0;
  for (const record of records) {
    const key = keyString(record.sealed);
    const size = sizeOf(record);
    const full = batch.length >= mostRecords || characters + size > mostCharacters;
    if (batch.length > 0 && (full || keys.has(key))) {
      all.push(batch);
      batch = [];
      keys = new Set();
      characters = 0;
    }
    batch.push(record);
    keys.add(key);
    characters += size;
  }
  if (batch.length > 0) all.push(batch);
  return all;
}

function sizeOf({ sealed, entry, vector }: PreparedRecord): number {
  const terms = entry?.terms.length ?? 0;
  return sealed.text.length + sealed.metadataJson.length + terms + (vector?.length ?? 0);
}

/**
 * The columns of `item` in a write statement, in order. Sorted by key, so that two batches that meet
 * wait for one another instead of deadlocking.
 */
export function itemParameters(batch: readonly PreparedRecord[]): string[] {
  const sorted = batch.toSorted((a, b) => compareText(keyString(a.sealed), keyString(b.sealed)));
  const column = (value: (record: PreparedRecord) => string | number | boolean | null): string =>
    arrayLiteral(sorted.map(value));
  const required = ({ condition }: PreparedRecord): Revision | undefined =>
    typeof condition === "object" ? condition : undefined;
  return [
    column(({ sealed }) => sealed.scope),
    column(({ sealed }) => sealed.id),
    column(({ sealed }) => sealed.deleted),
    column(({ condition }) => condition === "absent"),
    column((record) => required(record)?.epoch ?? null),
    column((record) => required(record)?.counter ?? null),
    column(({ revision }) => revision.epoch),
    column(({ revision }) => revision.counter),
    column(({ sealed }) => sealed.timestamp),
    column(({ sealed }) => sealed.digest),
    column(({ sealed }) => sealed.metadataJson),
    column(({ sealed }) => sealed.text),
    column(({ entry }) => entry?.length ?? null),
    column(({ entry }) => entry?.terms ?? null),
    column(({ entry }) => entry?.frequencies ?? null),
    column(({ vector }) => vector ?? null),
  ];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
