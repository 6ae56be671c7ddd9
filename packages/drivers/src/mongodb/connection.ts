import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import { type Collection, type Db, type Document, type MongoClient, ReadConcern } from "mongodb";
import { toPalimpsestError } from "./mongodb-errors.ts";
import type { StoredRecord } from "./record.ts";

/** A lexical entry. */
export interface StoredEntry {
  readonly _id: string;
  readonly scope: string;
  readonly epoch: number;
  readonly counter: number;
  /** RFC 8785 text. */
  readonly metadata: string;
  /** Terms with repeats. */
  readonly length: number;
  /** Each term and its number of occurrences. */
  readonly tf: readonly { readonly t: string; readonly n: number }[];
}

/** Fence, schema version, settings and locks, each under a prefix of its own. */
export interface StoredControl {
  readonly _id: string;
  readonly value?: string;
  readonly number?: number;
  readonly owner?: string;
  /** The end of a lock's lease in the server's time, epoch milliseconds. */
  readonly until?: number;
}

export interface ConnectionOptions {
  readonly client: MongoClient;
  readonly database: string;
  readonly collection: string;
  /** Hosts and database, for messages. */
  readonly server: string;
  /** Milliseconds until an unconfirmed write is an error. */
  readonly timeout: number;
  readonly ownsClient: boolean;
}

/** The collections of one store, with the concerns that its promises need. */
export class Connection {
  readonly records: Collection<StoredRecord>;
  readonly entries: Collection<StoredEntry>;
  readonly control: Collection<StoredControl>;
  readonly database: Db;
  readonly server: string;
  readonly #options: ConnectionOptions;
  #open = true;

  constructor(options: ConnectionOptions) {
    const { client, database, collection, server, timeout } = options;
    this.#options = options;
    this.server = server;
    // Set here, because a caller's client or address may say otherwise.
    this.database = client.db(database, {
      writeConcern: { w: "majority", journal: true, wtimeoutMS: timeout },
      readConcern: new ReadConcern("majority"),
      readPreference: "primary",
      promoteValues: true,
      promoteLongs: true,
      useBigInt64: false,
      ignoreUndefined: false,
    });
    this.records = this.database.collection(collection);
    this.entries = this.database.collection(`${collection}.terms`);
    this.control = this.database.collection(`${collection}.control`);
  }

  /** Runs one step of a call: not after `close`, not after an abort, with errors of our own. */
  async run<T>(signal: AbortSignal | undefined, step: () => Promise<T>): Promise<T> {
    this.checkOpen();
    throwIfAborted(signal);
    try {
      return await step();
    } catch (error) {
      this.checkOpen();
      throwIfAborted(signal);
      throw toPalimpsestError(error, this.server);
    }
  }

  /** Reads a cursor batch by batch, stopping at an abort. */
  async *stream<T extends Document>(
    signal: AbortSignal | undefined,
    open: () => { next(): Promise<T | null>; close(): Promise<void> },
  ): AsyncGenerator<T> {
    const cursor = await this.run(signal, async () => open());
    try {
      for (;;) {
        const document = await this.run(signal, () => cursor.next());
        if (document === null) return;
        yield document;
      }
    } finally {
      await cursor.close();
    }
  }

  /** The server's answer to who it is; servers before 5.0 may know only the older name. */
  async hello(): Promise<Document> {
    const admin = this.#options.client.db("admin");
    try {
      return await admin.command({ hello: 1 });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === 59) {
        return admin.command({ isMaster: 1 });
      }
      throw error;
    }
  }

  checkOpen(): void {
    if (this.#open) return;
    throw new PalimpsestError("E_CLOSED", "the MongoDB store was closed; open it again");
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Closes the client too, unless the caller brought it. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (this.#options.ownsClient) await this.#options.client.close();
  }
}
