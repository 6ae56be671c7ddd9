import {
  type CallOptions,
  checkKey,
  compareKeys,
  compareRevisions,
  type DocumentKey,
  type DocumentStore,
  type Filter,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  type Metric,
  PalimpsestError,
  type StoredDocument,
  throwIfAborted,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorRecord,
} from "@palimpsest/core";
import { checkAfter, checkCount, closedError, invalid, selectedScope } from "./arguments.ts";
import { type LegacyChromaCollection, scoreOf, spaceOf } from "./chroma-collection.ts";
import { chromaError } from "./chroma-errors.ts";
import type { CollectionEmbedding } from "./own-embedding.ts";
import { vectorMetadata } from "./vector-metadata.ts";
import type { VectorQueueLike } from "./write-queue.ts";

/** @deprecated Use `ChromaOptions` of `@palimpsest/drivers/chroma`. */
export interface V1VectorIndexOptions {
  readonly collection: LegacyChromaCollection;
  /** Where texts and revisions come from: v1's records have the text but no revision. */
  readonly documents: DocumentStore;
  readonly timeKey: string;
  readonly dimension: number;
  readonly modelId: string;
  /** Set when the collection embeds texts itself. */
  readonly ownEmbedding?: CollectionEmbedding;
  /** Server in messages, without credentials. */
  readonly label?: string;
}

/** Records in one request. */
const atOnce = 500;
/** Ids read per request of a scan. */
const scanPage = 5_000;

/**
 * v1's Chroma collection in its own shape and space: id, text, flat metadata and nothing of ours.
 * @deprecated Use `openChroma` of `@palimpsest/drivers/chroma` once no older code is left.
 */
export class V1VectorIndex implements VectorIndex {
  readonly name: string = "dual-store-chroma";
  /** Replaces the collection as the target of writes: v1's seam for tests. */
  queue: VectorQueueLike | undefined;
  readonly #options: V1VectorIndexOptions;
  readonly #space: Metric;
  #ids: string[] | undefined;
  #closed = false;

  constructor(options: V1VectorIndexOptions) {
    this.#options = options;
    this.#space = spaceOf(options.collection);
  }

  compiles(_filter: Filter): boolean {
    return false;
  }

  async upsert(records: readonly VectorRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const record of records) this.#check(record);
    this.#ids = undefined;
    const documents = await this.#documentsOf(records);
    const current = records.flatMap((record, i) => {
      const document = documents[i];
      // A newer revision has its own outbox entry; a vector of the older text would only harm.
      if (document === undefined || document.deleted) return [];
      if (compareRevisions(document.revision, record.revision) > 0) return [];
      return [{ record, document }];
    });
    for (let from = 0; from < current.length; from += atOnce) {
      await this.#write(current.slice(from, from + atOnce));
    }
  }

  async #write(
    entries: readonly { readonly record: VectorRecord; readonly document: StoredDocument }[],
  ): Promise<void> {
    const ids = entries.map(({ record }) => record.id);
    const documents = entries.map(({ document }) => document.text);
    const metadatas = entries.map(({ document }) =>
      vectorMetadata(document.metadata, this.#options.timeKey, document.timestamp),
    );
    const { queue } = this;
    if (queue !== undefined) {
      await Promise.all(ids.map((id, i) => queue.add(id, documents[i] ?? "", metadatas[i] ?? {})));
      return;
    }
    const { collection, ownEmbedding } = this.#options;
    const embeddings = entries.map(({ record }) => Array.from(record.vector));
    const records = { ids, documents, metadatas, ...(!ownEmbedding && { embeddings }) };
    await this.#removeWithOtherKeys(ids, metadatas);
    await this.#send(() =>
      collection.upsert ? collection.upsert(records) : collection.add(records),
    );
  }

  /** Chroma merges metadata on upsert, so a record that would keep an old key is removed first. */
  async #removeWithOtherKeys(
    ids: readonly string[],
    metadatas: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    const { collection } = this.#options;
    if (collection.delete === undefined) return;
    const present = await this.#send(() =>
      collection.get({ ids: [...ids], include: ["metadatas"] }),
    );
    const next = new Map(ids.map((id, i) => [id, metadatas[i] ?? {}]));
    const outdated = present.ids.filter((id, i) =>
      Object.keys(present.metadatas?.[i] ?? {}).some((key) => !(key in (next.get(id) ?? {}))),
    );
    if (outdated.length > 0) await this.#send(() => collection.delete?.({ ids: outdated }));
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    this.#ids = undefined;
    const { collection } = this.#options;
    const ids = [...new Set(keys.filter(({ scope }) => scope === "").map(({ id }) => id))];
    for (let from = 0; from < ids.length; from += atOnce) {
      const some = ids.slice(from, from + atOnce);
      await this.#send(() => collection.delete?.({ ids: some }));
    }
  }

  async query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0, 100_000);
    if (options.filter !== undefined) {
      throw new PalimpsestError(
        "E_UNSUPPORTED",
        "v1's flat metadata cannot answer filters; pass `keys` instead",
      );
    }
    const scope = selectedScope(options);
    if (options.k === 0 || (scope ?? "") !== "") return [];
    const hits: IndexHit[] = [];
    for (const ids of await this.#candidates(options.keys)) {
      hits.push(...(await this.#nearest(options.vector, options.k, ids)));
    }
    return hits.toSorted((a, b) => b.score - a.score || compareKeys(a, b)).slice(0, options.k);
  }

  /** Only ids that are there: Chroma refuses a query that names others. */
  async #candidates(keys: readonly DocumentKey[] | undefined): Promise<(string[] | undefined)[]> {
    if (keys === undefined) return [undefined];
    const present = await this.has(keys.map(({ id }) => id));
    const ids = [...present];
    const chunks = Math.ceil(ids.length / atOnce);
    return Array.from({ length: chunks }, (_, i) => ids.slice(i * atOnce, (i + 1) * atOnce));
  }

  async #nearest(vector: Float32Array, k: number, ids: string[] | undefined): Promise<IndexHit[]> {
    const { collection, ownEmbedding } = this.#options;
    const what = ownEmbedding
      ? { queryTexts: [ownEmbedding.textOf(vector)] }
      : { queryEmbeddings: [Array.from(vector)] };
    const nResults = ids === undefined ? k : Math.min(k, ids.length);
    const result = await this.#send(() =>
      collection.query({ ...what, nResults, include: ["distances"], ...(ids && { ids }) }),
    );
    const found = result.ids[0] ?? [];
    const distances = result.distances?.[0] ?? [];
    const documents = await this.#documentsOf(found.map((id) => ({ scope: "", id })));
    // The hit is of the document as it is now, which is what is returned for it.
    return found.map((id, i) => ({
      scope: "",
      id,
      revision: documents[i]?.revision ?? unknownRevision,
      score: scoreOf(distances[i], this.#space),
    }));
  }

  /** Which of these ids have a record. */
  async has(ids: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    const { collection } = this.#options;
    for (let from = 0; from < ids.length; from += atOnce) {
      const some = [...new Set(ids.slice(from, from + atOnce))];
      const page = await this.#send(() => collection.get({ ids: some, include: [] }));
      for (const id of page.ids.flat()) if (some.includes(id)) found.add(id);
    }
    return found;
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    checkAfter(scope, options.after);
    if ((scope ?? "") !== "" || (options.after?.scope ?? "") !== "") {
      return { entries: [], next: undefined };
    }
    const ids = await this.#sortedIds(options.after === undefined);
    const { after } = options;
    const start = after === undefined ? 0 : ids.findIndex((id) => isAfter(id, after));
    const page = start < 0 ? [] : ids.slice(start, start + options.limit);
    const entries = await this.#entriesOf(page);
    const last = page.at(-1);
    const more = start >= 0 && start + page.length < ids.length && last !== undefined;
    return { entries, next: more ? { scope: "", id: last } : undefined };
  }

  /** A record is of the document's revision if it has its text; v1 kept nothing else to tell. */
  async #entriesOf(ids: readonly string[]): Promise<IndexPage["entries"]> {
    if (ids.length === 0) return [];
    const { collection } = this.#options;
    const texts = new Map<string, string | null>();
    for (let from = 0; from < ids.length; from += atOnce) {
      const some = ids.slice(from, from + atOnce);
      const page = await this.#send(() => collection.get({ ids: some, include: ["documents"] }));
      for (const [i, id] of page.ids.entries()) texts.set(id, page.documents?.[i] ?? null);
    }
    const documents = await this.#documentsOf(ids.map((id) => ({ scope: "", id })));
    return ids.flatMap((id, i) => {
      if (!texts.has(id)) return [];
      const document = documents[i];
      const same = document !== undefined && document.text === texts.get(id);
      return [{ scope: "", id, revision: same ? document.revision : unknownRevision }];
    });
  }

  async #sortedIds(fresh: boolean): Promise<string[]> {
    if (!fresh && this.#ids !== undefined) return this.#ids;
    const { collection } = this.#options;
    const ids: string[] = [];
    for (;;) {
      const page = await this.#send(() =>
        collection.get({ limit: scanPage, offset: ids.length, include: [] }),
      );
      ids.push(...page.ids);
      if (page.ids.length < scanPage) break;
    }
    this.#ids = [...new Set(ids)].toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
    return this.#ids;
  }

  async describe(options: CallOptions = {}): Promise<VectorIndexDescription> {
    this.#enter(options);
    const { collection, dimension, modelId } = this.#options;
    const count = collection.count ? await this.#send(async () => collection.count?.() ?? 0) : 0;
    return { dimension, modelId, metric: this.#space, count };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #documentsOf(keys: readonly DocumentKey[]): Promise<(StoredDocument | undefined)[]> {
    return this.#options.documents.get(keys.map(({ scope, id }) => ({ scope, id })));
  }

  #check(record: VectorRecord): void {
    checkKey(record);
    if (record.scope !== "") {
      throw invalid(
        `a v1 collection has one tenant; scope ${JSON.stringify(record.scope)} needs another store`,
      );
    }
    const { dimension } = this.#options;
    if (record.vector.length !== dimension) {
      throw new PalimpsestError(
        "E_DIMENSION_MISMATCH",
        `the collection holds vectors of ${dimension} dimensions, got ${record.vector.length}; use the embedder it was built with`,
      );
    }
    if (!record.vector.every(Number.isFinite)) throw invalid("a vector holds NaN or Infinity");
  }

  async #send<T>(request: () => Promise<T> | T): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw chromaError(error, this.#options.label ?? "Chroma");
    }
  }

  #enter(options: CallOptions): void {
    if (this.#closed) throw closedError();
    throwIfAborted(options.signal);
  }
}

const unknownRevision = { epoch: 0, counter: 0 };

function keyOf(id: string): DocumentKey {
  return { scope: "", id };
}

function isAfter(id: string, after: DocumentKey): boolean {
  return compareKeys(keyOf(id), after) > 0;
}
