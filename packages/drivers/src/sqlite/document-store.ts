import {
  addDigests,
  type CallOptions,
  type Capabilities,
  checkKey,
  type Clock,
  type DocumentKey,
  type DocumentStore,
  type Filter,
  type KeyRange,
  matchesFilter,
  type Outbox,
  PalimpsestError,
  type RangeDigest,
  type ScanOptions,
  type ScanPage,
  type ScopeSelector,
  type StoredDocument,
  type StoreSettings,
  throwIfAborted,
  verifyDigest,
  type WriteItem,
  type WriteOptions,
  type WriteResult,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { documentColumns, metadataOf, type Row, toStored } from "./document-rows.ts";
import { isWithin, keyOf, walk, walkInTurns } from "./key-order.ts";
import { withoutVectors } from "./index-rows.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import { isNewer, prepareRecord, type RecordWriter } from "./record-writer.ts";
import { state } from "./schema.ts";
import type { Scopes } from "./scopes.ts";
import { detached } from "../shared/vector-settings.ts";
import type { VectorTables } from "./vector-tables.ts";
import { VectorTarget } from "./vector-target.ts";
import { detachedItem, planItems, type PlannedItem, writeItem } from "./write-items.ts";

const capabilities: Capabilities = {
  conditionalPut: true,
  tombstones: true,
  transactions: true,
  coIndexed: true,
  indexElsewhere: true,
  fence: true,
  keysetScan: true,
  serverDigest: false,
  bulkLoad: false,
  lexical: true,
};

export interface DocumentStoreParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly writer: RecordWriter;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly tables: VectorTables;
  readonly cleaner: LogCleaner;
  readonly close: () => Promise<void>;
}

export class SqliteDocumentStore implements DocumentStore {
  readonly name: string = "sqlite";
  readonly commitGroup: object;
  readonly capabilities: Capabilities = capabilities;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly #parts: DocumentStoreParts;
  readonly #connection: Connection;
  readonly #epoch: number;

  constructor(parts: DocumentStoreParts) {
    this.#parts = parts;
    this.#connection = parts.connection;
    this.commitGroup = parts.connection;
    this.settings = parts.settings;
    this.outbox = parts.outbox;
    this.#epoch = this.#fence();
  }

  async write(items: readonly WriteItem[], options: WriteOptions = {}): Promise<WriteResult[]> {
    const epoch = options.epoch ?? this.#epoch;
    checkCount(epoch, "epoch", 0);
    const now = this.#parts.clock.now();
    const { writer, tables } = this.#parts;
    const { modelId, indexElsewhere } = options;
    const target = new VectorTarget(tables, modelId, indexElsewhere);
    const plan = (given: readonly WriteItem[]): PlannedItem[] =>
      planItems(given, now, (vector, key) => target.check(vector, key));
    let planned = plan(items);
    const apply = (): WriteResult[] => {
      this.#checkFence(epoch);
      planned = target.settle(planned);
      return planned.map((item) => writeItem(writer, item, epoch, now, target));
    };
    return this.#connection.transaction(apply, options.signal, () => {
      planned = planned.map(detachedItem);
    });
  }

  async putIfNewer(
    records: readonly StoredDocument[],
    options: Parameters<DocumentStore["putIfNewer"]>[1] = {},
  ): Promise<boolean[]> {
    const now = this.#parts.clock.now();
    const { writer, tables } = this.#parts;
    const target = new VectorTarget(tables, options.modelId);
    const prepared = records.map((record, i) => {
      checkCount(record.revision.epoch, "revision.epoch", 0);
      checkCount(record.revision.counter, "revision.counter", 1);
      const given = options.vectors?.[i];
      const checked = given && target.check(given, record);
      const vector = checked && detached(checked);
      return { revision: record.revision, ...prepareRecord(verifyDigest(record), vector) };
    });
    return this.#connection.transaction(
      () =>
        target.settle(prepared).map((record) => {
          const slot = writer.find(record.sealed);
          if (!isNewer(slot, record.revision, record.sealed)) return false;
          writer.write(slot, record, record.revision, now, target);
          return true;
        }),
      options.signal,
    );
  }

  async fence(epoch: number, options: CallOptions = {}): Promise<number> {
    checkCount(epoch, "epoch", 0);
    return this.#connection.transaction(() => {
      this.#connection.prepare("UPDATE store SET fence = max(fence, ?)").run(epoch);
      return this.#fence();
    }, options.signal);
  }

  async get(
    keys: readonly DocumentKey[],
    options: CallOptions & { includeDeleted?: boolean } = {},
  ): Promise<(StoredDocument | undefined)[]> {
    throwIfAborted(options.signal);
    for (const key of keys) checkKey(key);
    const highest = options.includeDeleted === true ? state.deleted : state.live;
    const sql = `SELECT ${documentColumns} FROM documents d WHERE d.scope_no = ? AND d.id = ? AND d.state <= ?`;
    return this.#connection.read(() =>
      keys.map(({ scope, id }) => {
        const scopeNo = this.#parts.scopes.find(scope);
        if (scopeNo === undefined) return undefined;
        const row = this.#connection.prepare(sql).get(scopeNo, id, highest);
        return row && toStored(row, scope);
      }),
    );
  }

  async recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]> {
    throwIfAborted(options.signal);
    checkCount(options.limit, "limit", 0, 10_000);
    const scope = selectedScope({ scope: options.scope ?? "" }) ?? "";
    const filter = checkedFilter(options.filter);
    const found: StoredDocument[] = [];
    return this.#connection.read(() => {
      const scopeNo = this.#parts.scopes.find(scope);
      if (scopeNo === undefined || options.limit === 0) return found;
      const sql = `SELECT ${documentColumns} FROM documents d WHERE d.scope_no = ? AND d.state = 0
        ORDER BY d.timestamp DESC, d.id`;
      for (const row of this.#connection.prepare(sql).iterate(scopeNo)) {
        if (matches(row, filter)) found.push(toStored(row, scope));
        if (found.length === options.limit) break;
      }
      return found;
    });
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    throwIfAborted(options.signal);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    if (filter === undefined) return this.#countAll(scope);
    let count = 0;
    const query = { columns: "d.id, d.metadata", join: "", where: "d.state = 0" };
    for await (const rows of walkInTurns(
      this.#connection,
      this.#parts.scopes,
      query,
      scope,
      options.signal,
    )) {
      count += rows.filter((row) => matches(row, filter)).length;
    }
    return count;
  }

  #countAll(scope: string | undefined): number {
    return this.#connection.read(() => {
      const no = scope === undefined ? undefined : this.#parts.scopes.find(scope);
      if (scope !== undefined && no === undefined) return 0;
      return this.#parts.scopes.figures(no).live;
    });
  }

  async scan(options: ScanOptions): Promise<ScanPage> {
    throwIfAborted(options.signal);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    checkAfter(scope, options.after);
    const deleted = options.includeDeleted === true && filter === undefined;
    const query = {
      columns: documentColumns,
      join: "",
      where: deleted ? "d.state < 2" : "d.state = 0",
    };
    return this.#connection.read(() => {
      const documents: StoredDocument[] = [];
      for (const row of walk(this.#connection, this.#parts.scopes, query, scope, options.after)) {
        if (!matches(row, filter)) continue;
        const last = documents.at(-1);
        if (last !== undefined && documents.length === options.limit) {
          return { documents, next: { scope: last.scope, id: last.id } };
        }
        documents.push(toStored(row, row["scope"] as string));
      }
      return { documents, next: undefined };
    });
  }

  async digest(
    options: CallOptions & ScopeSelector & { range?: KeyRange } = {},
  ): Promise<RangeDigest> {
    throwIfAborted(options.signal);
    const { after, upTo } = options.range ?? {};
    for (const key of [after, upTo]) if (key !== undefined) checkKey(key);
    const scope = selectedScope(options);
    const query = { columns: "d.id, d.digest", join: "", where: "d.state < 2" };
    let digest: RangeDigest = { count: 0, sum: addDigests([]) };
    for await (const rows of walkInTurns(
      this.#connection,
      this.#parts.scopes,
      query,
      scope,
      options.signal,
    )) {
      const inside = rows
        .map((row) => ({ key: keyOf(row), row }))
        .filter(({ key }) => isWithin(key, after, upTo));
      const digests = inside.map(({ row }) =>
        Buffer.from(row["digest"] as Uint8Array).toString("hex"),
      );
      digest = { count: digest.count + digests.length, sum: addDigests(digests, digest.sum) };
    }
    return digest;
  }

  async compact(options: CallOptions & { olderThan: number }): Promise<number> {
    // Open index work keeps its tombstone; dropping it would let the index entry live on.
    const { tables, cleaner } = this.#parts;
    const { changes } = await this.#connection.transaction(() => {
      const sql = `DELETE FROM documents WHERE state = 1 AND timestamp < ? AND terms IS NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE document_no = documents.no)
        ${withoutVectors(tables.names(), "documents.no")}`;
      return this.#connection.prepare(sql).run(options.olderThan);
    }, options.signal);
    cleaner.mark();
    return Number(changes);
  }

  async close(): Promise<void> {
    await this.#parts.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fence(): number {
    return this.#connection.prepare("SELECT fence FROM store").get()?.["fence"] as number;
  }

  #checkFence(epoch: number): void {
    const fence = this.#fence();
    if (epoch >= fence) return;
    throw new PalimpsestError(
      "E_FENCED",
      `a write of epoch ${epoch} is below the fence ${fence}; another writer took over, reopen the store`,
    );
  }
}

function matches(row: Row, filter: Filter | undefined): boolean {
  return filter === undefined || matchesFilter(filter, metadataOf(row));
}
