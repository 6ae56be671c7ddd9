import {
  type CallOptions,
  type Capabilities,
  checkKey,
  type Clock,
  type DocumentKey,
  type DocumentStore,
  type Filter,
  type KeyRange,
  type Outbox,
  type RangeDigest,
  type ScanOptions,
  type ScanPage,
  type ScopeSelector,
  type StoredDocument,
  type StoreSettings,
  throwIfAborted,
  type WriteItem,
  type WriteOptions,
  type WriteResult,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { DocumentReader, idsOf } from "./document-reader.ts";
import type { Fence } from "./fence.ts";
import { decodeKey, encodeKey, keyRange } from "./key-codec.ts";
import { RecordWriter } from "./record-writer.ts";
import { type Outcome, writeBatch } from "./write-batch.ts";
import {
  checkedRecord,
  decidePut,
  decideWrite,
  type PlannedItem,
  planItems,
} from "./write-items.ts";
import { writeOne } from "./write-one.ts";

const capabilities: Capabilities = {
  conditionalPut: true,
  tombstones: true,
  transactions: false,
  coIndexed: false,
  fence: true,
  keysetScan: true,
  serverDigest: false,
  bulkLoad: false,
  lexical: false,
};

export interface DocumentStoreParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly fence: Fence;
  /** The fence read at open, the default epoch of writes. */
  readonly epoch: number;
  readonly close: () => Promise<void>;
}

export class MongodbDocumentStore implements DocumentStore {
  readonly name: string = "mongodb";
  readonly capabilities: Capabilities = capabilities;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly #parts: DocumentStoreParts;
  readonly #connection: Connection;
  readonly #reader: DocumentReader;
  readonly #writer: RecordWriter;

  constructor(parts: DocumentStoreParts) {
    this.#parts = parts;
    this.#connection = parts.connection;
    this.settings = parts.settings;
    this.outbox = parts.outbox;
    this.#reader = new DocumentReader(parts.connection);
    this.#writer = new RecordWriter(parts.connection);
  }

  async write(items: readonly WriteItem[], options: WriteOptions = {}): Promise<WriteResult[]> {
    this.#enter(options);
    const epoch = options.epoch ?? this.#parts.epoch;
    checkCount(epoch, "epoch", 0);
    const now = this.#parts.clock.now();
    const planned = planItems(items, now);
    const outcomes = await this.#writeAll(planned, { epoch, now, signal: options.signal });
    await this.#parts.fence.checkAfter(epoch);
    return outcomes as WriteResult[];
  }

  async #writeAll(
    items: readonly PlannedItem[],
    call: {
      readonly epoch: number;
      readonly now: number;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Outcome[]> {
    const { epoch, signal } = call;
    const before = this.#parts.fence.checkBefore(epoch, signal === undefined ? {} : { signal });
    const alone = { writer: this.#writer, ...call };
    const [only] = items;
    if (only !== undefined && items.length === 1) {
      await before;
      return [await writeOne(only, alone)];
    }
    return writeBatch(items, {
      ...alone,
      before,
      decide: (item, head) => decideWrite(item, head, epoch),
      insist: (item) => writeOne(item, alone),
    });
  }

  async putIfNewer(
    records: readonly StoredDocument[],
    options: CallOptions & { vectors?: readonly (Float32Array | undefined)[] } = {},
  ): Promise<boolean[]> {
    this.#enter(options);
    const outcomes = await writeBatch(records.map(checkedRecord), {
      writer: this.#writer,
      now: this.#parts.clock.now(),
      signal: options.signal,
      before: Promise.resolve(),
      decide: decidePut,
    });
    return outcomes.map(({ status }) => status === "written");
  }

  async fence(epoch: number, options: CallOptions = {}): Promise<number> {
    this.#enter(options);
    return this.#parts.fence.raise(epoch, options);
  }

  async get(
    keys: readonly DocumentKey[],
    options: CallOptions & { includeDeleted?: boolean } = {},
  ): Promise<(StoredDocument | undefined)[]> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    const found = await this.#reader.byId(idsOf(keys), options.signal);
    const seen = new Set<StoredDocument>();
    return keys.map((key) => {
      const document = found.get(encodeKey(key));
      if (document === undefined || (document.deleted && options.includeDeleted !== true)) {
        return undefined;
      }
      // A key asked for twice gets two objects, so that changing one leaves the other.
      if (seen.has(document)) return structuredClone(document);
      seen.add(document);
      return document;
    });
  }

  async recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]> {
    this.#enter(options);
    checkCount(options.limit, "limit", 0, 10_000);
    const scope = selectedScope({ scope: options.scope ?? "" }) ?? "";
    const { limit, signal } = options;
    const filter = checkedFilter(options.filter);
    // To the engine a limit of 0 means no limit.
    if (limit === 0) return [];
    const newestFirst = { timestamp: -1, _id: 1 } as const;
    const query = { scope, deleted: false };
    return (await this.#reader.first(query, newestFirst, { filter, limit, signal })).documents;
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    this.#enter(options);
    const scope = selectedScope(options) ?? { $gte: "" };
    const filter = checkedFilter(options.filter);
    return this.#reader.countMatching({ scope, deleted: false }, filter, options.signal);
  }

  async scan(options: ScanOptions): Promise<ScanPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    checkAfter(scope, options.after);
    const { signal } = options;
    const withDeleted = options.includeDeleted === true && filter === undefined;
    const query = {
      _id: keyRange(scope, options.after),
      ...(!withDeleted && { deleted: false }),
    };
    const limit = options.limit + 1;
    const { documents, ids } = await this.#reader.first(
      query,
      { _id: 1 },
      { filter, limit, signal },
    );
    const last = ids.length === limit ? ids[options.limit - 1] : undefined;
    if (last === undefined) return { documents, next: undefined };
    const [beyond] = ids.slice(-1).map(decodeKey);
    const page = documents.filter(({ scope: of, id }) => of !== beyond?.scope || id !== beyond.id);
    return { documents: page, next: decodeKey(last) };
  }

  async digest(
    options: CallOptions & ScopeSelector & { range?: KeyRange } = {},
  ): Promise<RangeDigest> {
    this.#enter(options);
    const { range = {} } = options;
    for (const key of [range.after, range.upTo]) if (key !== undefined) checkKey(key);
    return this.#reader.digest(selectedScope(options), range, options.signal);
  }

  async compact(options: CallOptions & { olderThan: number }): Promise<number> {
    this.#enter(options);
    checkCount(options.olderThan, "olderThan", Number.MIN_SAFE_INTEGER);
    // Open index work keeps its tombstone; dropping it would let the index entry live on.
    const { deletedCount } = await this.#connection.run(options.signal, () =>
      this.#connection.records.deleteMany({
        deleted: true,
        timestamp: { $lt: options.olderThan },
        work: { $exists: false },
      }),
    );
    return deletedCount;
  }

  async close(): Promise<void> {
    await this.#parts.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    this.#connection.checkOpen();
    throwIfAborted(options.signal);
  }
}
