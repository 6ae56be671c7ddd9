import {
  type CallOptions,
  type Context,
  type ContextOptions,
  type DocumentChanges,
  type DocumentInput,
  type DocumentKey,
  type Filter,
  PalimpsestError,
  parseFilter,
  type Revision,
  type ScopeSelector,
  type SearchHit,
  type SearchOptions,
  type SemanticStore as SemanticStoreContract,
  type StoredDocument,
  type StoreSettings,
} from "@palimpsest/core";
import { workerSettings } from "./backoff.ts";
import {
  checkConsistency,
  type ConsistencyOptions,
  type ConsistencyReport,
} from "./consistency.ts";
import { buildContext, checkBudget } from "./context.ts";
import { DocumentWriter } from "./document-writer.ts";
import { defaultWeights } from "./fusion.ts";
import { GivenVectors } from "./given-vectors.ts";
import {
  checkHealth,
  type HealthOptions,
  readStats,
  type StoreHealth,
  type StoreStats,
} from "./health.ts";
import { Indexer } from "./indexer.ts";
import { type FlushStats, IndexWorker } from "./index-worker.ts";
import { toKey, toSelector, withSignal } from "./inputs.ts";
import { deleteMatches, insertAll, stored, updateOne } from "./mutations.ts";
import { checkParts } from "./open-checks.ts";
import type { SemanticStoreOptions } from "./options.ts";
import { OutboxDrain } from "./outbox-drain.ts";
import { type Parts, partsOf } from "./parts.ts";
import { repair, type RepairOptions, type RepairReport } from "./repair.ts";
import { scanAll } from "./scan-all.ts";
import { Searcher } from "./searcher.ts";
import { parseSearch } from "./search-request.ts";
import { checkWeights } from "./weights.ts";
import { WriteIndexing } from "./write-indexing.ts";

const contextHits = 100;

/**
 * Documents with vector and lexical search under one consistency contract: the documents are the
 * truth, an acknowledged write is never lost, and the indexes follow from it.
 */
export class SemanticStore implements SemanticStoreContract {
  readonly settings: StoreSettings;
  readonly #parts: Parts;
  readonly #indexer: Indexer;
  readonly #worker: IndexWorker;
  readonly #writer: DocumentWriter;
  readonly #searcher: Searcher;
  readonly #closeParts: boolean;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Checks its parts at the first call; `SemanticStore.open` does it at once. */
  constructor(options: SemanticStoreOptions) {
    const parts = partsOf(options);
    const settings = workerSettings(options.worker || {});
    const given = new GivenVectors();
    const indexer = new Indexer(parts, given);
    this.#indexer = indexer;
    const drain = new OutboxDrain(parts, indexer, settings);
    this.settings = parts.documents.settings;
    this.#parts = parts;
    this.#worker = new IndexWorker(parts, drain, options.worker !== false);
    this.#writer = new DocumentWriter(
      parts,
      new WriteIndexing(parts, indexer, this.#worker, settings),
      given,
    );
    this.#searcher = new Searcher(parts, checkWeights(options.weights ?? defaultWeights));
    this.#closeParts = options.closeParts ?? false;
  }

  /**
   * Takes opened parts; whoever opened them closes them, unless `closeParts` is set.
   * @throws `E_MODEL_MISMATCH`, `E_DIMENSION_MISMATCH` when the store was filled with another
   * embedder, `E_UNSUPPORTED` for a document store that cannot be the authority
   */
  static async open(options: SemanticStoreOptions): Promise<SemanticStore> {
    const store = new SemanticStore(options);
    await store.#ready();
    return store;
  }

  async insert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument> {
    return only(await this.insertMany([input], options));
  }

  async insertMany(
    inputs: readonly DocumentInput[],
    options?: CallOptions,
  ): Promise<StoredDocument[]> {
    await this.#ready();
    return insertAll(this.#writer, inputs, options);
  }

  async upsert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument> {
    return only(await this.upsertMany([input], options));
  }

  async upsertMany(
    inputs: readonly DocumentInput[],
    options?: CallOptions,
  ): Promise<StoredDocument[]> {
    await this.#ready();
    return (await this.#writer.put(inputs, {}, options)).map(stored);
  }

  async update(
    key: { readonly scope?: string; readonly id: string },
    changes: DocumentChanges,
    options: CallOptions & { ifRevision?: Revision } = {},
  ): Promise<StoredDocument> {
    await this.#ready();
    return updateOne(this.#parts, this.#writer, toKey(key), changes, options);
  }

  async get(
    key: { readonly scope?: string; readonly id: string },
    options?: CallOptions,
  ): Promise<StoredDocument | undefined> {
    return (await this.getMany([toKey(key)], options))[0];
  }

  async getMany(
    keys: readonly DocumentKey[],
    options?: CallOptions,
  ): Promise<(StoredDocument | undefined)[]> {
    await this.#ready();
    return this.#parts.documents.get(keys, options);
  }

  async delete(
    key: { readonly scope?: string; readonly id: string },
    options?: CallOptions,
  ): Promise<boolean> {
    await this.#ready();
    const [result] = await this.#writer.delete([{ type: "delete", key: toKey(key) }], options);
    return result?.status === "written";
  }

  async deleteWhere(options: CallOptions & { scope?: string; filter: Filter }): Promise<number> {
    await this.#ready();
    return deleteMatches(this.#parts, this.#writer, {
      scope: options.scope ?? "",
      filter: parseFilter(options.filter),
      ...withSignal(options.signal),
    });
  }

  async *scan(
    options: CallOptions & ScopeSelector & { filter?: Filter } = {},
  ): AsyncGenerator<StoredDocument> {
    await this.#ready();
    yield* scanAll(this.#parts.documents, options);
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    await this.#ready();
    const { filter, signal } = options;
    return this.#parts.documents.count({
      ...toSelector(options),
      ...(filter && { filter: parseFilter(filter) }),
      ...withSignal(signal),
    });
  }

  /** @param options - `limit` is 10 when omitted */
  async getMostRecent(
    options: CallOptions & { scope?: string; limit?: number; filter?: Filter } = {},
  ): Promise<StoredDocument[]> {
    await this.#ready();
    return this.#parts.documents.recent({ ...options, limit: options.limit ?? 10 });
  }

  /** @throws `E_EMBEDDING_FAILED` in the modes hybrid and vector; lexical mode needs no embedder */
  async search(query: string, options: SearchOptions = {}): Promise<SearchHit[]> {
    const request = parseSearch(query, options, this.#parts.embedding);
    await this.#ready();
    return this.#searcher.search(request);
  }

  /** Chooses from the best 100 hits, or `k`; line breaks inside a text are shown as `⏎`. */
  async context(query: string, options: ContextOptions): Promise<Context> {
    const { budget, counter, ...search } = options;
    checkBudget(budget);
    const hits = await this.search(query, { ...search, k: options.k ?? contextHits });
    return buildContext(hits, budget, counter);
  }

  /** Whether every part answers; see `checkConsistency` for whether they agree. */
  async health(options: HealthOptions = {}): Promise<StoreHealth> {
    this.#throwIfClosed();
    return checkHealth(this.#parts, options);
  }

  async stats(options: CallOptions = {}): Promise<StoreStats> {
    await this.#ready();
    return readStats(this.#parts, options);
  }

  /** Compares the documents with both indexes, entry by entry. Checks all scopes unless one is given. */
  async checkConsistency(options: ConsistencyOptions = {}): Promise<ConsistencyReport> {
    await this.#ready();
    return checkConsistency(this.#parts, options);
  }

  /** Queues what is missing or stale, deletes orphans, releases the quarantine, drains, checks again. */
  async repair(options: RepairOptions = {}): Promise<RepairReport> {
    await this.#ready();
    return repair(this.#parts, this.#indexer, () => this.#worker.flush(options.signal), options);
  }

  /** Drains everything due in the outbox now. */
  async flush(options: CallOptions = {}): Promise<FlushStats> {
    await this.#ready();
    return this.#worker.flush(options.signal);
  }

  /** Waits for the batch being indexed; the rest of the outbox is taken up at the next open. Closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#worker.close();
    if (!this.#closeParts) return;
    const { vectors, lexical, documents } = this.#parts;
    await vectors.close();
    await lexical.close();
    await documents.close();
  }

  /** A failed check is made again at the next call. */
  async #ready(): Promise<void> {
    this.#throwIfClosed();
    this.#opening ??= this.#check();
    await this.#opening;
  }

  async #check(): Promise<void> {
    try {
      await checkParts(this.#parts);
      await this.#worker.resume();
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  #throwIfClosed(): void {
    if (this.#closing) {
      throw new PalimpsestError("E_CLOSED", "the store was closed; open it again to use it");
    }
  }
}

function only(documents: readonly StoredDocument[]): StoredDocument {
  const [document] = documents;
  if (document === undefined) throw new Error("a write of one document returned none");
  return document;
}
