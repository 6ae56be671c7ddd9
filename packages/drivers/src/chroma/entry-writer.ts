import { randomUUID } from "node:crypto";
import {
  compareRevisions,
  PalimpsestError,
  throwIfAborted,
  type VectorRecord,
} from "@palimpsest/core";
import type { ChromaCollection, ChromaMetadata } from "./chroma-client.ts";
import { toEntryId } from "./entry-ids.ts";
import { entryMetadata, type Version, versionKey, versionText } from "./entry-metadata.ts";
import type { EntryReader } from "./entry-reader.ts";
import type { Requests } from "./requests.ts";

/** A record that passed the edge, as Chroma will hold it. */
export interface PreparedEntry {
  readonly id: string;
  readonly record: VectorRecord;
  readonly embedding: number[];
  readonly version: string;
  readonly metadata: ChromaMetadata;
}

/** Rounds in which other writers may come first before a batch gives up. */
const mostRounds = 5;

/** @returns one entry per id, that of its newest record, the last of equals */
export function prepareEntries(
  records: readonly VectorRecord[],
  toEmbedding: (record: VectorRecord) => number[],
): PreparedEntry[] {
  const newest = new Map<string, PreparedEntry>();
  for (const record of records) {
    const id = toEntryId(record);
    const version = versionText(record.revision, randomUUID());
    const metadata = entryMetadata(record.scope, version, record.metadata);
    const entry = { id, record, embedding: toEmbedding(record), version, metadata };
    const present = newest.get(id);
    if (present && compareRevisions(record.revision, present.record.revision) < 0) continue;
    newest.set(id, entry);
  }
  return [...newest.values()];
}

/**
 * Writes entries so that none gives way to an older revision. Chroma has no conditional write and
 * its `upsert` merges metadata, but its `add` leaves an existing id alone, and its `delete` takes a
 * condition: what is outdated is deleted only as the very version that was read, then added, then
 * read again. Between the two an entry is missing for a moment.
 */
export class EntryWriter {
  readonly #collection: ChromaCollection;
  readonly #requests: Requests;
  readonly #reader: EntryReader;
  readonly #batchSize: number;

  constructor(parts: {
    readonly collection: ChromaCollection;
    readonly requests: Requests;
    readonly reader: EntryReader;
    readonly batchSize: number;
  }) {
    this.#collection = parts.collection;
    this.#requests = parts.requests;
    this.#reader = parts.reader;
    this.#batchSize = parts.batchSize;
  }

  /** The signal is heeded between batches: a batch that began is not left half done. */
  async write(entries: readonly PreparedEntry[], signal: AbortSignal | undefined): Promise<void> {
    // Entries of a first revision are new as a rule, so adding them comes before looking for them.
    const isFirst = ({ record }: PreparedEntry): boolean => record.revision.counter === 1;
    const fresh = entries.filter(isFirst);
    const known = entries.filter((entry) => !isFirst(entry));
    for (const [group, mayExist] of [
      [fresh, false],
      [known, true],
    ] as const) {
      for (let i = 0; i < group.length; i += this.#batchSize) {
        throwIfAborted(signal);
        await this.#writeBatch(group.slice(i, i + this.#batchSize), mayExist);
      }
    }
  }

  async #writeBatch(batch: readonly PreparedEntry[], mayExist: boolean): Promise<void> {
    let pending = batch;
    let seen = mayExist ? await this.#versions(pending) : new Map<string, Version>();
    pending = pending.filter((entry) => !isOlder(entry, seen.get(entry.id)));
    for (let round = 0; pending.length > 0; round++) {
      if (round === mostRounds) throw this.#contention();
      await this.#deleteOutdated(pending, seen);
      await this.#add(pending);
      const written = await this.#reader.withVersion(pending.map(({ version }) => version));
      pending = pending.filter(({ id }) => !written.has(id));
      if (pending.length === 0) return;
      seen = await this.#versions(pending);
      pending = pending.filter((entry) => mustReplace(entry, seen.get(entry.id), round));
    }
  }

  #versions(entries: readonly PreparedEntry[]): Promise<Map<string, Version>> {
    return this.#reader.versions(entries.map(({ id }) => id));
  }

  async #deleteOutdated(
    entries: readonly PreparedEntry[],
    seen: ReadonlyMap<string, Version>,
  ): Promise<void> {
    const versions = entries.flatMap(({ id }) => seen.get(id)?.text ?? []);
    if (versions.length === 0) return;
    const where = { [versionKey]: { $in: versions } };
    await this.#requests.send(() => this.#collection.delete({ where }));
  }

  #add(entries: readonly PreparedEntry[]): Promise<unknown> {
    return this.#requests.send(() =>
      this.#collection.add({
        ids: entries.map(({ id }) => id),
        embeddings: entries.map(({ embedding }) => embedding),
        metadatas: entries.map(({ metadata }) => metadata),
      }),
    );
  }

  #contention(): PalimpsestError {
    return new PalimpsestError(
      "E_LOCKED",
      `other writers kept replacing the same entries of ${this.#requests.label}; repeat the call`,
    );
  }
}

function isOlder(entry: PreparedEntry, present: Version | undefined): boolean {
  return present !== undefined && compareRevisions(entry.record.revision, present.revision) < 0;
}

/** What stood there before the first round is replaced by its own revision too, so that repair can. */
function mustReplace(entry: PreparedEntry, present: Version | undefined, round: number): boolean {
  if (present === undefined) return true;
  const order = compareRevisions(entry.record.revision, present.revision);
  return order > 0 || (order === 0 && round === 0);
}
