import {
  type CallOptions,
  type Capabilities,
  checkKey,
  type Clock,
  compareKeys,
  type Document,
  type DocumentKey,
  type DocumentStore,
  type Filter,
  type KeyRange,
  matchesFilter,
  type Outbox,
  parseFilter,
  type RangeDigest,
  type ScanOptions,
  type ScanPage,
  type ScopeSelector,
  type StoredDocument,
  type StoreSettings,
  systemClock,
  throwIfAborted,
  type WriteItem,
  type WriteOptions,
  type WriteResult,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkRecord, closedError, selectedScope } from "./arguments.ts";
import { Ledger, type LedgerSource } from "./ledger.ts";
import { LegacyOutbox } from "./legacy-outbox.ts";
import {
  type FamilyKeys,
  type LegacyCollection,
  readRow,
  rowFlags,
  type VectorFlags,
} from "./legacy-row.ts";
import { LegacyRows, nameOf } from "./legacy-rows.ts";
import { LegacyWriter } from "./legacy-writer.ts";
import { recentRows } from "./recent-rows.ts";
import { newestFirst } from "./row-view.ts";
import { countMatches, rangeDigest } from "./whole-scans.ts";

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

/** @deprecated Use `MongodbOptions` of `@palimpsest/drivers/mongodb`. */
export interface V1DocumentStoreOptions extends FamilyKeys {
  readonly collection: LegacyCollection;
  readonly ledger: LedgerSource;
  readonly readOnly?: boolean;
  readonly clock?: Clock;
  /** Makes plain indexes on id and time at the first write. @defaultValue true */
  readonly createIndexes?: boolean;
  readonly onWarning?: (message: string) => void;
  /** Documents that are kept without a vector on purpose, so no flag claims one. */
  readonly skips?: (document: StoredDocument) => boolean;
}

/**
 * A family of v1 in place: its rows are the truth and stay readable and writable for older code.
 * Revisions, tombstones and the outbox are counted in a ledger beside it.
 * @deprecated Use `openMongodb` of `@palimpsest/drivers/mongodb` once no older code is left.
 */
export class V1DocumentStore implements DocumentStore {
  readonly name: string = "dual-store";
  readonly capabilities: Capabilities = capabilities;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  readonly #options: V1DocumentStoreOptions;
  readonly #rows: LegacyRows;
  readonly #ledger: Ledger;
  readonly #writer: LegacyWriter;
  #indexed: Promise<void> | undefined;
  #closed = false;

  constructor(options: V1DocumentStoreOptions) {
    this.#options = options;
    this.#rows = new LegacyRows(options.collection);
    this.#ledger = new Ledger(options.ledger, options.readOnly ?? false);
    this.#writer = new LegacyWriter(this.#rows, this.#ledger, options);
    this.settings = this.#ledger.settings;
    const clock = options.clock ?? systemClock;
    const { skips = () => false } = options;
    this.outbox = new LegacyOutbox({
      ledger: this.#ledger,
      rows: this.#rows,
      writer: this.#writer,
      clock,
      skips,
    });
  }

  /** v1's own record of each key's vector write; `undefined` where no row is. */
  async flagsOf(keys: readonly DocumentKey[]): Promise<(VectorFlags | undefined)[]> {
    const views = await this.#writer.views(distinctKeys(keys));
    return keys.map((key) => {
      const shown = views.get(nameOf(key))?.shown;
      return shown && rowFlags(shown);
    });
  }

  /** Every row of an id as a document, newest first: v1 updated by inserting the id again. */
  async revisionsOf(id: string): Promise<Document[]> {
    const key = { scope: "", id };
    const rows = (await this.#rows.byKeys([key])).get(nameOf(key)) ?? [];
    return newestFirst(rows, this.#options).map((row) => readRow(row, this.#options));
  }

  async write(items: readonly WriteItem[], options: WriteOptions = {}): Promise<WriteResult[]> {
    this.#enter(options);
    const keys = items.map((item) => (item.type === "put" ? item.document : item.key));
    for (const key of keys) checkKey(key);
    const ledger = await this.#toWrite();
    const seen = await this.#writer.adopt(distinctKeys(keys));
    const results = await ledger.write(items, options);
    await this.#writer.mirror(
      results.flatMap((result) => (result.status === "written" ? [result.stored] : [])),
      seen,
    );
    return results;
  }

  async putIfNewer(
    records: readonly StoredDocument[],
    options: CallOptions = {},
  ): Promise<boolean[]> {
    this.#enter(options);
    for (const record of records) checkRecord(record);
    const ledger = await this.#toWrite();
    const seen = await this.#writer.adopt(distinctKeys(records));
    const applied = await ledger.putIfNewer(records, options);
    await this.#writer.mirror(await this.#heads(records.filter((_, i) => applied[i])), seen);
    return applied;
  }

  async fence(epoch: number, options: CallOptions = {}): Promise<number> {
    this.#enter(options);
    return (await this.#toWrite()).fence(epoch, options);
  }

  async get(
    keys: readonly DocumentKey[],
    options: CallOptions & { includeDeleted?: boolean } = {},
  ): Promise<(StoredDocument | undefined)[]> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    const views = await this.#writer.views(distinctKeys(keys));
    const live = keys.map((key) => views.get(nameOf(key))?.document);
    if (options.includeDeleted === true) {
      const missing = keys.filter((_, i) => live[i] === undefined);
      const graves = new Map(
        (await this.#heads(missing))
          .filter(({ deleted }) => deleted)
          .map((grave) => [nameOf(grave), grave]),
      );
      return keys.map((key, i) => live[i] ?? graves.get(nameOf(key))).map(copied);
    }
    return live.map(copied);
  }

  async recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]> {
    this.#enter(options);
    checkCount(options.limit, "limit", 0, 10_000);
    const scope = selectedScope({ scope: options.scope ?? "" }) ?? "";
    const filter = options.filter && parseFilter(options.filter);
    const { limit, signal } = options;
    if (limit === 0) return [];
    for (let depth = limit * 2 + 16; ; depth *= 4) {
      throwIfAborted(signal);
      const { keys, bound } = await recentRows(this.#options.collection, this.#options, {
        scope,
        depth,
      });
      const found = (await this.get(keys))
        .filter((document) => document !== undefined)
        .filter((document) => filter === undefined || matchesFilter(filter, document.metadata))
        .toSorted((a, b) => b.timestamp - a.timestamp || compareKeys(a, b))
        .slice(0, limit);
      const last = found[limit - 1];
      if (bound === undefined || (last !== undefined && last.timestamp > bound)) return found;
    }
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    this.#enter(options);
    const scope = selectedScope(options);
    const selector = scope === undefined ? ({ allScopes: true } as const) : { scope };
    if (options.filter === undefined) return this.#rows.countKeys(selector);
    return countMatches(this, { ...selector, filter: parseFilter(options.filter) });
  }

  async scan(options: ScanOptions): Promise<ScanPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    checkAfter(scope, options.after);
    const filter = options.filter && parseFilter(options.filter);
    const selector = scope === undefined ? ({ allScopes: true } as const) : { scope };
    const withDeleted = options.includeDeleted === true && filter === undefined;
    const live = await this.#rows.keysAfter(selector, options.after, options.limit + 1);
    const graves = withDeleted ? await this.#ledgerKeys(options) : [];
    const keys = distinctKeys([...live, ...graves]).toSorted(compareKeys);
    const page = keys.slice(0, options.limit);
    const documents = (await this.get(page, { includeDeleted: withDeleted }))
      .filter((document) => document !== undefined)
      .filter((document) => filter === undefined || matchesFilter(filter, document.metadata));
    return { documents, next: keys.length > page.length ? page.at(-1) : undefined };
  }

  async #ledgerKeys(options: ScanOptions): Promise<DocumentKey[]> {
    const ledger = await this.#ledger.toRead();
    if (ledger === undefined) return [];
    const limit = Math.min(options.limit + 1, 10_000);
    const { documents } = await ledger.scan({ ...options, limit, includeDeleted: true });
    return documents.map(({ scope, id }) => ({ scope, id }));
  }

  async digest(
    options: CallOptions & ScopeSelector & { range?: KeyRange } = {},
  ): Promise<RangeDigest> {
    this.#enter(options);
    return rangeDigest(this, options);
  }

  async compact(options: CallOptions & { olderThan: number }): Promise<number> {
    this.#enter(options);
    checkCount(options.olderThan, "olderThan", Number.MIN_SAFE_INTEGER);
    const ledger = await this.#ledger.toRead();
    return ledger === undefined ? 0 : ledger.compact(options);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#ledger.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The ledger, once the rows can be found quickly. */
  async #toWrite(): Promise<DocumentStore> {
    const ledger = await this.#ledger.toWrite();
    this.#indexed ??= this.#index();
    await this.#indexed;
    return ledger;
  }

  async #index(): Promise<void> {
    if (this.#options.createIndexes === false) return;
    try {
      await this.#rows.index(this.#options.timeKey);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onWarning?.(
        `the family has no index on id and time, reads stay slow: ${reason}`,
      );
    }
  }

  async #heads(keys: readonly DocumentKey[]): Promise<StoredDocument[]> {
    const ledger = keys.length === 0 ? undefined : await this.#ledger.toRead();
    if (ledger === undefined) return [];
    const found = await ledger.get(distinctKeys(keys), { includeDeleted: true });
    return found.filter((record) => record !== undefined);
  }

  #enter(options: CallOptions): void {
    if (this.#closed) throw closedError();
    throwIfAborted(options.signal);
  }
}

function distinctKeys(keys: readonly DocumentKey[]): DocumentKey[] {
  const found = new Map(keys.map(({ scope, id }) => [nameOf({ scope, id }), { scope, id }]));
  return [...found.values()];
}

/** A key asked for twice gets two objects, so that changing one leaves the other. */
function copied(document: StoredDocument | undefined): StoredDocument | undefined {
  return document && { ...document, metadata: structuredClone(document.metadata) };
}
