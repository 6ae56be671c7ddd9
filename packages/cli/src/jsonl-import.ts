import {
  describeKey,
  type DocumentInput,
  PalimpsestError,
  sealDocument,
  type SemanticStore,
  type StoredDocument,
  throwIfAborted,
} from "@palimpsest/core";
import { readLines } from "./jsonl-lines.ts";
import { isUnchanged, type JsonlRecord, parseRecord } from "./jsonl-record.ts";

export interface JsonlSource {
  readonly path: string;
  /** Puts every record into this tenant instead of its own. */
  readonly scope?: string | undefined;
  readonly signal: AbortSignal;
}

/** Counts of records. */
export interface JsonlReport {
  readonly read: number;
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly quarantined: number;
  /** Read back with the digest that was written. */
  readonly verified: number;
  readonly mismatches: number;
}

/**
 * Reads the whole file without writing anything, so that a bad line is found before the target is
 * touched.
 * @returns the number of records
 * @throws `E_INVALID_INPUT` or `E_CORRUPT` naming the line
 */
export async function checkJsonl(source: JsonlSource): Promise<number> {
  const lines = new Map<string, number>();
  for await (const { record, scope, line } of records(source)) {
    const key = JSON.stringify([scope, record.id]);
    const earlier = lines.get(key);
    if (earlier !== undefined) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `${source.path}, line ${line}: ${describeKey({ scope, id: record.id })} is in line ${earlier} already; keep one of them`,
      );
    }
    lines.set(key, line);
  }
  return lines.size;
}

const batchSize = 500;

/** Writes what the target does not have yet, batch by batch, and reads each batch back. */
export async function importJsonl(
  source: JsonlSource,
  store: SemanticStore,
  onProgress: (done: number) => void,
): Promise<JsonlReport> {
  const total = { read: 0, imported: 0, updated: 0, unchanged: 0, verified: 0, mismatches: 0 };
  for await (const batch of batches(records(source))) {
    throwIfAborted(source.signal);
    const counts = await importBatch(batch, store, source.signal);
    for (const name of ["imported", "updated", "unchanged", "verified", "mismatches"] as const) {
      total[name] += counts[name];
    }
    total.read += batch.length;
    onProgress(total.read);
  }
  return { ...total, quarantined: 0 };
}

interface Item {
  readonly record: JsonlRecord;
  readonly scope: string;
  readonly line: number;
}

type BatchCounts = Omit<JsonlReport, "read" | "quarantined">;

async function importBatch(
  batch: readonly Item[],
  store: SemanticStore,
  signal: AbortSignal,
): Promise<BatchCounts> {
  const keys = batch.map(({ record, scope }) => ({ scope, id: record.id }));
  const before = await store.getMany(keys, { signal });
  const changed = batch.flatMap((item, i) => {
    const current = before[i];
    return current && isUnchanged(item.record, item.scope, current) ? [] : [{ item, current }];
  });
  const written = await store.upsertMany(
    changed.map(({ item }) => inputOf(item)),
    { signal },
  );
  const expected = new Map<string, StoredDocument>();
  for (const document of written) expected.set(keyOf(document), document);
  const after = await store.getMany(keys, { signal });
  const verified = after.filter((document, i) => {
    const wanted = expected.get(keyOf(keys[i])) ?? before[i];
    return document !== undefined && contentDigest(document) === wanted?.digest;
  }).length;
  const updated = changed.filter(({ current }) => current !== undefined).length;
  return {
    imported: changed.length - updated,
    updated,
    unchanged: batch.length - changed.length,
    verified,
    mismatches: batch.length - verified,
  };
}

/** Recomputed: the digest that a store keeps beside a document proves nothing about it. */
function contentDigest({ scope, id, text, metadata, timestamp }: StoredDocument): string {
  return sealDocument({ scope, id, text, metadata, timestamp }).digest;
}

function inputOf({ record, scope }: Item): DocumentInput {
  const { id, text, metadata = {}, timestamp } = record;
  return { scope, id, text, metadata, ...(timestamp !== undefined && { timestamp }) };
}

function keyOf(key: { readonly scope: string; readonly id: string } | undefined): string {
  return JSON.stringify([key?.scope, key?.id]);
}

async function* records(source: JsonlSource): AsyncGenerator<Item> {
  const { path, scope, signal } = source;
  for await (const { number, text } of readLines(path, signal)) {
    const record = parseRecord(text, `${path}, line ${number}`);
    yield { record, scope: scope ?? record.scope ?? "", line: number };
  }
}

async function* batches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
