import type { Capabilities } from "../capabilities.ts";
import { type Clock, systemClock } from "../clock.ts";
import {
  compareKeys,
  compareUtf8,
  type DocumentKey,
  type ScopeSelector,
  type StoredDocument,
} from "../document.ts";
import type {
  DocumentStore,
  KeyRange,
  RangeDigest,
  ScanOptions,
  ScanPage,
  WriteItem,
  WriteOptions,
  WriteResult,
} from "../document-store.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import { type Filter, matchesFilter } from "../filter.ts";
import type { CallOptions } from "../key-value-store.ts";
import { addDigests, checkKey } from "../seal.ts";
import { KeyMap } from "./key-map.ts";
import { MemoryOutbox } from "./outbox.ts";
import { checkCount, checkedAfter, checkedFilter, selectedScope } from "./selection.ts";
import { MemorySettings } from "./settings.ts";
import { planPuts, planWrites, type Plan, type StoredRecord, toStored } from "./plan.ts";
import { top } from "./top.ts";

const capabilities: Capabilities = {
  conditionalPut: true,
  tombstones: true,
  transactions: true,
  coIndexed: false,
  fence: true,
  keysetScan: true,
  serverDigest: true,
  bulkLoad: false,
  lexical: true,
};

/**
 * The reference document store. Nothing survives the process. One call runs without a gap between
 * reading and writing, so it is atomic as it stands.
 */
export class MemoryDocumentStore implements DocumentStore {
  readonly name: string = "memory";
  readonly capabilities: Capabilities = capabilities;
  readonly settings: MemorySettings;
  readonly outbox: MemoryOutbox;
  readonly #clock: Clock;
  readonly #records = new KeyMap<StoredRecord>();
  #fence = 0;
  #closed = false;

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
    const checkOpen = (): void => this.#enter({});
    this.settings = new MemorySettings(checkOpen);
    this.outbox = new MemoryOutbox({
      clock: this.#clock,
      revisionOf: (key) => this.#records.get(key)?.revision,
      checkOpen,
    });
  }

  async write(items: readonly WriteItem[], options: WriteOptions = {}): Promise<WriteResult[]> {
    this.#enter(options);
    // A memory store is always opened empty, so the fence read at open is 0.
    const epoch = options.epoch ?? 0;
    checkCount(epoch, "epoch", 0);
    if (epoch < this.#fence) throw fenced(epoch, this.#fence);
    const context = { records: this.#records, epoch, now: this.#clock.now() };
    const plan = planWrites(items, context);
    this.#commit(plan);
    return plan.results;
  }

  async putIfNewer(
    records: readonly StoredDocument[],
    options: CallOptions = {},
  ): Promise<boolean[]> {
    this.#enter(options);
    const plan = planPuts(records, this.#records);
    this.#commit(plan);
    return plan.results;
  }

  #commit(plan: Plan<unknown>): void {
    for (const [key, record] of plan.staged.entries(undefined)) {
      this.#records.set(key, record);
      if (record.mayBeIndexed) this.outbox.add(key, record.revision);
    }
  }

  async fence(epoch: number, options: CallOptions = {}): Promise<number> {
    this.#enter(options);
    checkCount(epoch, "epoch", 0);
    this.#fence = Math.max(this.#fence, epoch);
    return this.#fence;
  }

  async get(
    keys: readonly DocumentKey[],
    options: CallOptions & { includeDeleted?: boolean } = {},
  ): Promise<(StoredDocument | undefined)[]> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    return keys.map((key) => {
      const record = this.#records.get(key);
      const visible = record && (options.includeDeleted === true || !record.deleted);
      return visible ? toStored(record) : undefined;
    });
  }

  async recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]> {
    this.#enter(options);
    checkCount(options.limit, "limit", 0, 10_000);
    const live = this.#live({ scope: options.scope ?? "" }, options.filter);
    return top(live, options.limit, newestFirst).map(toStored);
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    this.#enter(options);
    let count = 0;
    for (const _ of this.#live(options, options.filter)) count++;
    return count;
  }

  *#live(selector: ScopeSelector, filter: Filter | undefined): Generator<StoredRecord> {
    const wanted = checkedFilter(filter);
    for (const [, record] of this.#records.entries(selectedScope(selector))) {
      if (!record.deleted && matches(record, wanted)) yield record;
    }
  }

  async scan(options: ScanOptions): Promise<ScanPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    const documents: StoredDocument[] = [];
    for (const [, record] of this.#records.walk(scope, checkedAfter(scope, options.after))) {
      if (record.deleted && (options.includeDeleted !== true || filter)) continue;
      if (!matches(record, filter)) continue;
      const last = documents.at(-1);
      if (last && documents.length === options.limit) {
        return { documents, next: { scope: last.scope, id: last.id } };
      }
      documents.push(toStored(record));
    }
    return { documents, next: undefined };
  }

  async digest(
    options: CallOptions & ScopeSelector & { range?: KeyRange } = {},
  ): Promise<RangeDigest> {
    this.#enter(options);
    const { after, upTo } = options.range ?? {};
    for (const key of [after, upTo]) if (key) checkKey(key);
    const digests: string[] = [];
    for (const [key, record] of this.#records.entries(selectedScope(options))) {
      if (after && compareKeys(key, after) <= 0) continue;
      if (upTo && compareKeys(key, upTo) > 0) continue;
      digests.push(record.digest);
    }
    return { count: digests.length, sum: addDigests(digests) };
  }

  /** A tombstone whose index work is still open stays: dropping it would let the index entry live on. */
  async compact(options: CallOptions & { olderThan: number }): Promise<number> {
    this.#enter(options);
    const old = [...this.#records.entries(undefined)].filter(
      ([key, record]) =>
        record.deleted && record.timestamp < options.olderThan && !this.outbox.has(key),
    );
    for (const [key] of old) this.#records.delete(key);
    return old.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the memory document store was closed; open a new one");
    }
    throwIfAborted(options.signal);
  }
}

function matches(record: StoredRecord, filter: Filter | undefined): boolean {
  return filter === undefined || matchesFilter(filter, record.metadata);
}

function newestFirst(a: StoredRecord, b: StoredRecord): number {
  return b.timestamp - a.timestamp || compareUtf8(a.id, b.id);
}

function fenced(epoch: number, fence: number): PalimpsestError {
  return new PalimpsestError(
    "E_FENCED",
    `a write of epoch ${epoch} is below the fence ${fence}; another writer took over, reopen the store`,
  );
}
