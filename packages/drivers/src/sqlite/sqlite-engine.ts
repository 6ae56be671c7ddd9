import {
  type Clock,
  type DocumentStore,
  type KeyValueStore,
  type LexicalIndex,
  PalimpsestError,
  type StorageEngine,
  type VectorIndex,
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
  readVectorSettings,
  type VectorSettings,
  writeVectorSettings,
} from "./vector-settings.ts";

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
  #vectorSettings: VectorSettings | undefined;

  constructor(parts: SqliteEngineParts) {
    const { connection, clock } = parts;
    const scopes = new Scopes(connection);
    const cleaner = new LogCleaner(connection);
    const vectors = new VectorEntries(connection, scopes, cleaner);
    const entries = new LexicalEntries(connection, scopes, cleaner);
    const writer = new RecordWriter({ connection, scopes, lexical: entries, vectors, cleaner });
    this.#parts = parts;
    this.#scopes = scopes;
    this.#cleaner = cleaner;
    this.#vectors = vectors;
    this.#writer = writer;
    const { worker, inlineLimit, hasExtension } = parts;
    const inline = new QueryRunner({ connection, scopes, hasExtension });
    this.#planner = new QueryPlanner({ connection, scopes, inline, worker, inlineLimit });
    const shared = { connection, scopes, writer };
    this.keyValues = new SqliteKeyValues(connection, clock);
    this.lexical = new SqliteLexicalIndex({ ...shared, entries, planner: this.#planner });
    this.documents = new SqliteDocumentStore({
      ...shared,
      clock,
      cleaner,
      settings: new SqliteSettings(connection),
      outbox: new SqliteOutbox({ ...shared, clock }),
      vectorSettings: () => (this.#vectorSettings ??= readVectorSettings(connection)),
      close: () => this.close(),
    });
  }

  async openVectors(options: VectorIndexOptions): Promise<VectorIndex> {
    const { connection, readOnly } = this.#parts;
    const asked = parseVectorOptions(options);
    throwIfAborted(options.signal);
    let stored = connection.read(() => readVectorSettings(connection));
    if (stored === undefined && !readOnly) {
      stored = await connection.transaction(() => {
        writeVectorSettings(connection, asked);
        return readVectorSettings(connection);
      }, options.signal);
    }
    if (stored !== undefined) checkSameIndex(stored, asked, connection.path);
    this.#vectorSettings = stored;
    return new SqliteVectorIndex({
      connection,
      scopes: this.#scopes,
      writer: this.#writer,
      entries: this.#vectors,
      planner: this.#planner,
      settings: asked,
    });
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
