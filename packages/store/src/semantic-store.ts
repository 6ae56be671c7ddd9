import {
  type CallOptions,
  type Context,
  type ContextOptions,
  type DocumentChanges,
  type DocumentInput,
  type DocumentKey,
  type Filter,
  parseFilter,
  type Revision,
  type ScopeSelector,
  type SearchHit,
  type SearchOptions,
  type SemanticStore as SemanticStoreContract,
  type StoredDocument,
} from "@palimpsest/core";
import { buildContext, checkBudget } from "./context.ts";
import { defaultWeights } from "./fusion.ts";
import { type KeyInput, toKey, toSelector, withSignal } from "./inputs.ts";
import { deleteMatches, insertAll, stored, updateOne } from "./mutations.ts";
import type { SemanticStoreOptions } from "./options.ts";
import { scanAll } from "./scan-all.ts";
import { Searcher } from "./searcher.ts";
import { parseSearch } from "./search-request.ts";
import { StoreUpkeep } from "./store-upkeep.ts";
import { checkWeights } from "./weights.ts";

const contextHits = 100;

/**
 * Documents with vector and lexical search under one consistency contract: the documents are the
 * truth, an acknowledged write is never lost, and the indexes follow from it.
 */
export class SemanticStore extends StoreUpkeep implements SemanticStoreContract {
  readonly #searcher: Searcher;

  /** Checks its parts at the first call; `SemanticStore.open` does it at once. */
  constructor(options: SemanticStoreOptions) {
    super(options);
    this.#searcher = new Searcher(this.parts, checkWeights(options.weights ?? defaultWeights));
  }

  /**
   * Takes opened parts; whoever opened them closes them, unless `closeParts` is set.
   * @throws `E_MODEL_MISMATCH`, `E_DIMENSION_MISMATCH` when the store was filled with another
   * embedder, `E_UNSUPPORTED` for a document store that cannot be the authority
   */
  static async open(options: SemanticStoreOptions): Promise<SemanticStore> {
    const store = new SemanticStore(options);
    await store.ready();
    return store;
  }

  async insert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument> {
    return only(await this.insertMany([input], options));
  }

  async insertMany(
    inputs: readonly DocumentInput[],
    options?: CallOptions,
  ): Promise<StoredDocument[]> {
    await this.ready();
    return insertAll(this.writer, inputs, options);
  }

  async upsert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument> {
    return only(await this.upsertMany([input], options));
  }

  async upsertMany(
    inputs: readonly DocumentInput[],
    options?: CallOptions,
  ): Promise<StoredDocument[]> {
    await this.ready();
    return (await this.writer.put(inputs, {}, options)).map(stored);
  }

  async update(
    key: KeyInput,
    changes: DocumentChanges,
    options: CallOptions & { ifRevision?: Revision } = {},
  ): Promise<StoredDocument> {
    await this.ready();
    return updateOne(this.parts, this.writer, toKey(key), changes, options);
  }

  async get(key: KeyInput, options?: CallOptions): Promise<StoredDocument | undefined> {
    return (await this.getMany([toKey(key)], options))[0];
  }

  async getMany(
    keys: readonly DocumentKey[],
    options?: CallOptions,
  ): Promise<(StoredDocument | undefined)[]> {
    await this.ready();
    return this.parts.documents.get(keys, options);
  }

  async delete(key: KeyInput, options?: CallOptions): Promise<boolean> {
    await this.ready();
    const [result] = await this.writer.delete([{ type: "delete", key: toKey(key) }], options);
    return result?.status === "written";
  }

  async deleteWhere(options: CallOptions & { scope?: string; filter: Filter }): Promise<number> {
    await this.ready();
    return deleteMatches(this.parts, this.writer, {
      scope: options.scope ?? "",
      filter: parseFilter(options.filter),
      ...withSignal(options.signal),
    });
  }

  async *scan(
    options: CallOptions & ScopeSelector & { filter?: Filter } = {},
  ): AsyncGenerator<StoredDocument> {
    await this.ready();
    yield* scanAll(this.parts.documents, options);
  }

  async count(options: CallOptions & ScopeSelector & { filter?: Filter } = {}): Promise<number> {
    await this.ready();
    const { filter, signal } = options;
    return this.parts.documents.count({
      ...toSelector(options),
      ...(filter && { filter: parseFilter(filter) }),
      ...withSignal(signal),
    });
  }

  /** @param options - `limit` is 10 when omitted */
  async getMostRecent(
    options: CallOptions & { scope?: string; limit?: number; filter?: Filter } = {},
  ): Promise<StoredDocument[]> {
    await this.ready();
    return this.parts.documents.recent({ ...options, limit: options.limit ?? 10 });
  }

  /** @throws `E_EMBEDDING_FAILED` in the modes hybrid and vector; lexical mode needs no embedder */
  async search(query: string, options: SearchOptions = {}): Promise<SearchHit[]> {
    const request = parseSearch(query, options, this.parts.embedding);
    await this.ready();
    return this.#searcher.search(request);
  }

  /** Chooses from the best 100 hits, or `k`; line breaks inside a text are shown as `⏎`. */
  async context(query: string, options: ContextOptions): Promise<Context> {
    const { budget, counter, ...search } = options;
    checkBudget(budget);
    const hits = await this.search(query, { ...search, k: options.k ?? contextHits });
    return buildContext(hits, budget, counter);
  }
}

function only(documents: readonly StoredDocument[]): StoredDocument {
  const [document] = documents;
  if (document === undefined) throw new Error("a write of one document returned none");
  return document;
}
