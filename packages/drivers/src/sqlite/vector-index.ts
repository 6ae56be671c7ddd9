import {
  checkKey,
  type CallOptions,
  compareRevisions,
  describeKey,
  type DocumentKey,
  type Filter,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  PalimpsestError,
  parseFilter,
  type Revision,
  throwIfAborted,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorRecord,
} from "@palimpsest/core";
import { checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import {
  addStrayDocument,
  documentNumbers,
  dropEmptyStray,
  indexPage,
  setStrayMetadata,
} from "./index-rows.ts";
import type { QueryPlanner } from "./query-planner.ts";
import { recordOf, type RecordWriter, type Slot } from "./record-writer.ts";
import type { Scopes } from "./scopes.ts";
import type { VectorEntries } from "./vector-entries.ts";
import { type CheckedVector, checkVector, detached } from "../shared/vector-settings.ts";
import { readVectorSettings } from "./stored-vector-settings.ts";
import { isSame, type StoredIndex, type VectorTables } from "./vector-tables.ts";

export interface VectorIndexParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly writer: RecordWriter;
  readonly entries: VectorEntries;
  readonly planner: QueryPlanner;
  readonly tables: VectorTables;
  readonly settings: StoredIndex;
  /** Opened read-only in a file that has no index: it stays empty. */
  readonly isAbsent: boolean;
}

/** Closing the index closes nothing else: the engine owns the file. */
export class SqliteVectorIndex implements VectorIndex {
  readonly name: string = "sqlite";
  readonly commitGroup: object;
  readonly #parts: VectorIndexParts;
  #closed = false;

  constructor(parts: VectorIndexParts) {
    this.#parts = parts;
    this.commitGroup = parts.connection;
  }

  compiles(filter: Filter): boolean {
    parseFilter(filter);
    return true;
  }

  async upsert(records: readonly VectorRecord[], options: CallOptions = {}): Promise<void> {
    const { connection, settings } = this.#open();
    const checked = records.map((record) => {
      checkKey(record);
      const name = (): string => `the vector of ${describeKey(record)}`;
      return { record, vector: detached(checkVector(record.vector, settings, name)) };
    });
    await connection.transaction(() => {
      for (const { record, vector } of checked) this.#put(record, vector);
    }, options.signal);
  }

  #put(record: VectorRecord, vector: CheckedVector): void {
    const { connection, writer, entries, settings } = this.#parts;
    const { table } = settings;
    const slot = writer.find(record);
    if (this.#isOutdated(record.revision, slot)) return;
    const no =
      (slot.row?.["no"] as number | undefined) ??
      addStrayDocument(connection, slot.scopeNo, record.id);
    setStrayMetadata(connection, no, record.metadata);
    entries.remove(table, no, slot.scopeNo);
    entries.add(table, no, slot.scopeNo, record.revision, vector);
  }

  /** Older than the entry, or than the record itself: what a late worker brings must not come back to life. */
  #isOutdated(revision: Revision, slot: Slot): boolean {
    if (slot.row === undefined) return false;
    const record = recordOf(slot);
    if (record !== undefined && compareRevisions(revision, revisionOf(record)) < 0) return true;
    const entry = this.#parts.connection
      .prepare(`SELECT epoch, counter FROM ${this.#parts.settings.table} WHERE document_no = ?`)
      .get(slot.row["no"] ?? null);
    return entry !== undefined && compareRevisions(revision, revisionOf(entry)) < 0;
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    const { connection, scopes, entries, settings, tables } = this.#open();
    for (const key of keys) checkKey(key);
    await connection.transaction(() => {
      for (const key of keys) {
        const [no] = documentNumbers(connection, scopes, [key], undefined);
        if (no === undefined) continue;
        entries.remove(settings.table, no, scopes.ensure(key.scope));
        dropEmptyStray(connection, tables.names(), no);
      }
    }, options.signal);
  }

  async query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]> {
    const { planner, settings } = this.#open();
    throwIfAborted(options.signal);
    checkCount(options.k, "k", 0, 100_000);
    checkVector(options.vector, settings, () => "the query vector");
    const filter = checkedFilter(options.filter);
    const target = planner.target(selectedScope(options), options.keys);
    if (target === undefined) return [];
    return planner.run(
      {
        ...target,
        kind: "vector",
        k: options.k,
        filter,
        vector: options.vector,
        metric: settings.metric,
        table: settings.table,
      },
      options.signal,
    );
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    const { connection, scopes, settings } = this.#open();
    const query = {
      columns: "d.id, v.epoch, v.counter",
      join: `JOIN ${settings.table} v ON v.document_no = d.no`,
      where: "TRUE",
    };
    return indexPage(connection, scopes, query, options);
  }

  async describe(options: CallOptions = {}): Promise<VectorIndexDescription> {
    const { connection, scopes, settings } = this.#open();
    throwIfAborted(options.signal);
    const { table, ...described } = settings;
    const count = connection.read(() => scopes.vectorCount(table, undefined));
    return { ...described, count };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): VectorIndexParts {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the vector index was closed; call openVectors again");
    }
    this.#requirePresent();
    return this.#parts;
  }

  /** The first index's table stays when the index is dropped, and may hold another by now. */
  #requirePresent(): void {
    const { connection, settings } = this.#parts;
    if (settings.table !== "vectors") return;
    connection.checkOpen();
    const present = readVectorSettings(connection);
    if (present === undefined ? this.#parts.isAbsent : isSame(present, settings)) return;
    throw new PalimpsestError(
      "E_CLOSED",
      `the vector index of ${settings.modelId} was dropped; reopen the store with the embedder it uses now`,
    );
  }
}
