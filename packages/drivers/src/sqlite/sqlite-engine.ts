import {
  type CallOptions,
  type Clock,
  type DocumentStore,
  type KeyValueStore,
  type LexicalIndex,
  PalimpsestError,
  type StorageEngine,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorIndexIdentity,
  type VectorIndexOptions,
  throwIfAborted,
} from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { SqliteDocumentStore } from "./document-store.ts";
import { lockFile } from "./file-lock.ts";
import { SqliteKeyValues } from "./key-values.ts";
import { LexicalEntries } from "./lexical-entries.ts";
import { SqliteLexicalIndex } from "./lexical-index.ts";
import { SqliteOutbox } from "./outbox.ts";
import { LogCleaner } from "./log-cleaner.ts";
import { QueryPlanner } from "./query-planner.ts";
import { QueryRunner } from "./query-runner.ts";
import type { ScanClient } from "./scan-client.ts";
import { RecordWriter } from "./record-writer.ts";
import { Scopes } from "./scopes.ts";
import { SqliteSettings } from "./settings.ts";
import { VectorEntries } from "./vector-entries.ts";
import { SqliteVectorIndex } from "./vector-index.ts";
import {
  checkSameIndex,
  parseVectorOptions,
  type VectorSettings,
} from "../shared/vector-settings.ts";
import { isSame, type StoredIndex, VectorTables } from "./vector-tables.ts";

export interface SqliteEngineParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly readOnly: boolean;
  readonly hasExtension: boolean;
  readonly worker: ScanClient;
  /** Entries that a query may scan on the calling thread. */
  readonly inlineLimit: number;
}

/** Documents, indexes and key-value pairs in one SQLite file. Open it with `openSqlite`. */
export class SqliteEngine implements StorageEngine {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  /** Small values, counters and leases in the same file. */
  readonly keyValues: KeyValueStore;
  readonly #parts: SqliteEngineParts;
  readonly #scopes: Scopes;
  readonly #vectors: VectorEntries;
  readonly #writer: RecordWriter;
  readonly #planner: QueryPlanner;
  readonly #cleaner: LogCleaner;
  readonly #locks = new Set<AsyncDisposable>();
  readonly #tables: VectorTables;

  constructor(parts: SqliteEngineParts) {
    const { connection, clock } = parts;
    const scopes = new Scopes(connection);
    const cleaner = new LogCleaner(connection);
    const tables = new VectorTables(connection, cleaner);
    const vectors = new VectorEntries(connection, scopes, cleaner, tables);
    const entries = new LexicalEntries(connection, scopes, cleaner);
    const writer = new RecordWriter({ connection, scopes, lexical: entries, vectors, cleaner });
    this.#parts = parts;
    this.#tables = tables;
    this.#scopes = scopes;
    this.#cleaner = cleaner;
    this.#vectors = vectors;
    this.#writer = writer;
    const { worker, inlineLimit, hasExtension } = parts;
    const inline = new QueryRunner({ connection, scopes, hasExtension });
    this.#planner = new QueryPlanner({ connection, scopes, inline, worker, inlineLimit });
    const shared = { connection, scopes, writer, tables };
    this.keyValues = new SqliteKeyValues(connection, clock);
    this.lexical = new SqliteLexicalIndex({ ...shared, entries, planner: this.#planner });
    this.documents = new SqliteDocumentStore({
      ...shared,
      clock,
      cleaner,
      settings: new SqliteSettings(connection),
      outbox: new SqliteOutbox({ ...shared, clock }),
      close: () => this.close(),
    });
  }

  async openVectors(options: VectorIndexOptions): Promise<VectorIndex> {
    const { connection, readOnly } = this.#parts;
    const asked = parseVectorOptions(options);
    throwIfAborted(options.signal);
    const present = connection.read(() => this.#tables.list());
    let stored = present.find((index) => isSame(index, asked));
    if (stored === undefined && (readOnly || options.beside !== true)) {
      checkSameIndex(present, asked, connection.path);
    }
    if (stored === undefined && !readOnly) {
      stored = await connection.transaction(
        () => this.#tables.find(asked) ?? this.#create(asked, options.beside === true),
        options.signal,
      );
    }
    return new SqliteVectorIndex({
      connection,
      scopes: this.#scopes,
      writer: this.#writer,
      entries: this.#vectors,
      planner: this.#planner,
      tables: this.#tables,
      isAbsent: stored === undefined,
      settings: stored ?? { ...asked, table: "vectors" },
    });
  }

  /** Another process may have created one since the check. */
  #create(asked: VectorSettings, beside: boolean): StoredIndex {
    if (!beside) checkSameIndex(this.#tables.list(), asked, this.#parts.connection.path);
    return this.#tables.create(asked);
  }

  async listVectors(options: CallOptions = {}): Promise<VectorIndexDescription[]> {
    throwIfAborted(options.signal);
    return this.#parts.connection.read(() =>
      this.#tables.list().map(({ dimension, metric, modelId, table }) => {
        const count = this.#scopes.vectorCount(table, undefined);
        return { dimension, metric, modelId, count };
      }),
    );
  }

  async dropVectors(index: VectorIndexIdentity, options: CallOptions = {}): Promise<boolean> {
    const settings = parseVectorOptions(index);
    return this.#parts.connection.transaction(() => this.#tables.drop(settings), options.signal);
  }

  async lock(name: string): Promise<AsyncDisposable | undefined> {
    this.#parts.connection.checkOpen();
    const lock = lockFile(this.#parts.connection.path, name);
    if (lock !== undefined) this.#locks.add(lock);
    return lock;
  }

  /**
   * Empties the write-ahead log now, so that no byte of anything deleted is left in the store's
   * files. It also happens by itself within seconds of a deletion and on `close`.
   * @throws `E_LOCKED` while another process reads an older state
   */
  async checkpoint(): Promise<void> {
    const { connection } = this.#parts;
    await connection.retryWhileBusy(() => {
      if (this.#cleaner.clean()) return;
      throw new PalimpsestError(
        "E_LOCKED",
        `${connection.path} is being read by another process; repeat when that is done`,
      );
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#locks].map((lock) => lock[Symbol.asyncDispose]()));
    this.#locks.clear();
    await this.#parts.worker.close();
    if (this.#parts.connection.isOpen) this.#cleaner.close();
    this.#parts.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
