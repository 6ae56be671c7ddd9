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
  verifyDigest,
  type WriteItem,
  type WriteOptions,
  type WriteResult,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { DocumentReader } from "./document-reader.ts";
import { keyString } from "./document-rows.ts";
import { type CheckedRecord, prepareRecords } from "./record-batch.ts";
import type { RecordWriter } from "./record-writer.ts";
import type { StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { checkItems, givenVector, onlyPuts, refusalOf, resultsOf } from "./write-items.ts";

const capabilities: Capabilities = {
  conditionalPut: true,
  tombstones: true,
  transactions: true,
  coIndexed: true,
  indexElsewhere: true,
  fence: true,
  keysetScan: true,
  serverDigest: true,
  bulkLoad: false,
  lexical: true,
};

export interface DocumentStoreParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly store: StoreState;
  readonly writer: RecordWriter;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly commitGroup: object;
  /** The fence at opening: the default epoch. */
  readonly epoch: number;
  readonly close: () => Promise<void>;
}

export class PostgresDocumentStore implements DocumentStore {
  readonly name: string = "postgres";
  readonly capabilities: Capabilities = capabilities;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly commitGroup: object;
  readonly #parts: DocumentStoreParts;
  readonly #reader: DocumentReader;

  constructor(parts: DocumentStoreParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.outbox = parts.outbox;
    this.commitGroup = parts.commitGroup;
    this.#reader = new DocumentReader(parts.connection, parts.tables);
  }

  async write(items: readonly WriteItem[], options: WriteOptions = {}): Promise<WriteResult[]> {
    const { writer, clock } = this.#open();
    const { modelId, indexElsewhere: elsewhere, signal, epoch = this.#parts.epoch } = options;
    checkCount(epoch, "epoch", 0);
    const now = clock.now();
    const given = elsewhere ? items.map(withoutVector) : items;
    const checked = checkItems(given, { epoch, now });
    await this.#expectIndex(checked);
    const { batches, written } = await writer.write({
      statement: `${onlyPuts(checked) ? "puts" : "changes"}${elsewhere ? "Elsewhere" : ""}`,
      prepare: (store) => prepareRecords(checked, store, modelId),
      epoch,
      now,
      signal,
    });
    return this.#completed(resultsOf(batches, written));
  }

  /** Reads the present documents of what was not written. */
  async #completed(results: ReturnType<typeof resultsOf>): Promise<WriteResult[]> {
    const refused = results.filter((result) => "sealed" in result);
    if (refused.length === 0) return results as WriteResult[];
    const conflicts = refused.filter(({ condition }) => condition !== "any");
    const current = await this.#reader.get(
      conflicts.map(({ sealed }) => sealed),
      false,
    );
    return results.map((result) =>
      "sealed" in result ? refusalOf(result, current.get(keyString(result.sealed))) : result,
    );
  }

  async putIfNewer(
    records: readonly StoredDocument[],
    options: CallOptions & {
      vectors?: readonly (Float32Array | undefined)[];
      modelId?: string;
    } = {},
  ): Promise<boolean[]> {
    const { writer, clock } = this.#open();
    const { modelId, signal } = options;
    const checked = records.map((record, i): CheckedRecord => {
      checkCount(record.revision.epoch, "revision.epoch", 0);
      checkCount(record.revision.counter, "revision.counter", 1);
      const sealed = verifyDigest(record);
      const given = givenVector(sealed, options.vectors?.[i]);
      return { sealed, given, condition: "any", revision: { ...record.revision } };
    });
    await this.#expectIndex(checked);
    const { batches, written } = await writer.write({
      statement: "merge",
      prepare: (store) => prepareRecords(checked, store, modelId),
      // The revisions are the records' own: the fence is for those who make new ones.
      epoch: Number.MAX_SAFE_INTEGER,
      now: clock.now(),
      signal,
    });
    return batches.flatMap((batch, i) =>
      batch.map(({ sealed }) => written[i]?.has(keyString(sealed)) === true),
    );
  }

  async fence(epoch: number, options: CallOptions = {}): Promise<number> {
    const { connection, tables } = this.#open();
    checkCount(epoch, "epoch", 0);
    const sql = `UPDATE ${tables.store} SET fence = greatest(fence, $1::bigint) RETURNING fence`;
    const [row] = await connection.query(sql, [epoch], options);
    return Number(row?.["fence"]);
  }

  async get(
    keys: readonly DocumentKey[],
    options: CallOptions & { includeDeleted?: boolean } = {},
  ): Promise<(StoredDocument | undefined)[]> {
    for (const key of keys) checkKey(key);
    const found = await this.#reader.get(keys, options.includeDeleted === true, options.signal);
    // Each answer is the caller's to change, repeats included.
    return keys.map((key) => structuredClone(found.get(keyString(key))));
  }

  async recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]> {
    checkCount(options.limit, "limit", 0, 10_000);
    const scope = selectedScope({ scope: options.scope ?? "" }) ?? "";
    return this.#reader.recent(scope, options.limit, checkedFilter(options.filter), options.signal);
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    const scope = selectedScope(options);
    return this.#reader.count(scope, checkedFilter(options.filter), options.signal);
  }

  async scan(options: ScanOptions): Promise<ScanPage> {
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    checkAfter(scope, options.after);
    const includeDeleted = options.includeDeleted === true && filter === undefined;
    const { after, limit, signal } = options;
    const documents = await this.#reader.scan({
      scope,
      after,
      filter,
      includeDeleted,
      signal,
      limit: limit + 1,
    });
    const last = documents.length > limit ? documents[limit - 1] : undefined;
    return {
      documents: documents.slice(0, limit),
      next: last && { scope: last.scope, id: last.id },
    };
  }

  async digest(
    options: CallOptions & ScopeSelector & { range?: KeyRange } = {},
  ): Promise<RangeDigest> {
    const { after, upTo } = options.range ?? {};
    for (const key of [after, upTo]) if (key !== undefined) checkKey(key);
    const scope = selectedScope(options);
    return this.#reader.digest(scope, after, upTo, options.signal);
  }

  async compact(options: CallOptions & { olderThan: number }): Promise<number> {
    const { connection, tables, store } = this.#open();
    const { indexes } = await store.read(options.signal);
    // Open index work keeps its tombstone; dropping it would let the index entry live on.
    const entries = indexes.map(({ table }) => without(table, "AND x.vector IS NOT NULL"));
    const emptied = indexes.map(
      ({ no, table }) => `, emptied_${no} AS (DELETE FROM ${table} v USING gone
        WHERE v.scope = gone.scope AND v.id = gone.id)`,
    );
    const sql = `WITH gone AS (DELETE FROM ${tables.documents} d
        WHERE d.state = 1 AND d.timestamp < $1::float8 AND d.length IS NULL
          ${without(tables.outbox, "")} ${entries.join(" ")} RETURNING d.scope, d.id)
      ${emptied.join("")} SELECT count(*) AS count FROM gone`;
    const [row] = await connection.query(sql, [options.olderThan], options);
    return Number(row?.["count"]);
  }

  async close(): Promise<void> {
    await this.#parts.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): DocumentStoreParts {
    this.#parts.connection.checkOpen();
    return this.#parts;
  }

  /** Another process may have opened vectors since this one looked. */
  async #expectIndex(records: readonly CheckedRecord[]): Promise<void> {
    const { store } = this.#parts;
    if (!records.some(({ given }) => given !== undefined)) return;
    if ((await store.known()).indexes.length === 0) await store.read();
  }
}

function without(table: string, what: string): string {
  return `AND NOT EXISTS (SELECT FROM ${table} x WHERE x.scope = d.scope AND x.id = d.id ${what})`;
}

function withoutVector(item: WriteItem): WriteItem {
  if (item.type === "delete") return item;
  const { vector: _, ...put } = item;
  return put;
}
