import type {
  CallOptions,
  Clock,
  DocumentStore,
  LexicalIndex,
  StorageEngine,
  VectorIndex,
  VectorIndexDescription,
  VectorIndexIdentity,
  VectorIndexOptions,
} from "@palimpsest/core";
import type { AdvisoryLocks } from "./advisory-locks.ts";
import type { Connection } from "./connection.ts";
import { PostgresDocumentStore } from "./document-store.ts";
import { PostgresLexicalIndex } from "./lexical-index.ts";
import { PostgresOutbox } from "./outbox.ts";
import { RecordWriter } from "./record-writer.ts";
import { PostgresSettings } from "./settings.ts";
import type { StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { VectorIndexes } from "./vector-indexes.ts";

export interface PostgresEngineParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly store: StoreState;
  /** The fence at opening. */
  readonly epoch: number;
  readonly clock: Clock;
  readonly locks: AdvisoryLocks;
  readonly onWarning: (message: string) => void;
}

/** Documents and indexes in one schema of a PostgreSQL database. Open it with `openPostgres`. */
export class PostgresEngine implements StorageEngine {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  readonly #parts: PostgresEngineParts;
  readonly #vectors: VectorIndexes;
  #closing: Promise<void> | undefined;

  constructor(parts: PostgresEngineParts) {
    const { connection, tables, store, clock, epoch } = parts;
    const commitGroup = {};
    this.#parts = parts;
    this.#vectors = new VectorIndexes({ ...parts, commitGroup });
    this.lexical = new PostgresLexicalIndex(connection, tables, store, commitGroup);
    this.documents = new PostgresDocumentStore({
      connection,
      tables,
      store,
      clock,
      epoch,
      commitGroup,
      writer: new RecordWriter(connection, tables, store),
      settings: new PostgresSettings(connection, tables),
      outbox: new PostgresOutbox(connection, tables, clock),
      close: () => this.close(),
    });
  }

  async openVectors(options: VectorIndexOptions): Promise<VectorIndex> {
    this.#parts.connection.checkOpen();
    return this.#vectors.open(options);
  }

  async listVectors(options?: CallOptions): Promise<VectorIndexDescription[]> {
    this.#parts.connection.checkOpen();
    return this.#vectors.list(options);
  }

  async dropVectors(index: VectorIndexIdentity, options?: CallOptions): Promise<boolean> {
    this.#parts.connection.checkOpen();
    return this.#vectors.drop(index, options);
  }

  async lock(name: string): Promise<AsyncDisposable | undefined> {
    this.#parts.connection.checkOpen();
    return this.#parts.locks.acquire(name);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#parts.locks.releaseAll();
    await this.#parts.connection.close();
  }
}
