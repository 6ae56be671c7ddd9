import {
  type Clock,
  type DocumentStore,
  type LexicalIndex,
  PalimpsestError,
  type StorageEngine,
  type VectorIndex,
  type VectorIndexOptions,
} from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { MongodbDocumentStore } from "./document-store.ts";
import type { Fence } from "./fence.ts";
import type { Leases } from "./leases.ts";
import { MongodbLexicalIndex } from "./lexical-index.ts";
import { MongodbOutbox } from "./outbox.ts";
import { MongodbSettings } from "./settings.ts";

export interface MongodbEngineParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly fence: Fence;
  /** The fence read at open. */
  readonly epoch: number;
  readonly leases: Leases;
}

/** Documents and lexical search in MongoDB collections. Open it with `openMongodb`. */
export class MongodbEngine implements StorageEngine {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  readonly #connection: Connection;
  readonly #leases: Leases;

  constructor(parts: MongodbEngineParts) {
    const { connection, clock, fence, epoch, leases } = parts;
    this.#connection = connection;
    this.#leases = leases;
    this.lexical = new MongodbLexicalIndex(connection);
    this.documents = new MongodbDocumentStore({
      connection,
      clock,
      fence,
      epoch,
      settings: new MongodbSettings(connection),
      outbox: new MongodbOutbox(connection, clock),
      close: () => this.close(),
    });
  }

  /** @throws `E_UNSUPPORTED` always: a vector index comes from another engine */
  async openVectors(_options: VectorIndexOptions): Promise<VectorIndex> {
    this.#connection.checkOpen();
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      "the mongodb driver has no vector index; name another engine for the vectors, for example vectors: chroma:http://127.0.0.1:8000",
    );
  }

  /** A lock that its holder's heartbeat keeps; that of a dead holder is free after `lockTtl`. */
  async lock(name: string): Promise<AsyncDisposable | undefined> {
    this.#connection.checkOpen();
    return this.#leases.take(name);
  }

  async close(): Promise<void> {
    if (!this.#connection.isOpen) return;
    try {
      await this.#leases.releaseAll();
    } finally {
      await this.#connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
