import {
  type CallOptions,
  checkKey,
  compareKeys,
  describeKey,
  type DocumentKey,
  type Filter,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  PalimpsestError,
  parseFilter,
  throwIfAborted,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorRecord,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import { checkVector, type VectorSettings } from "../shared/vector-settings.ts";
import type { ChromaCollection, ChromaWhere } from "./chroma-client.ts";
import { toEmbedding, toScore } from "./embedding.ts";
import { toDocumentKey, toEntryId } from "./entry-ids.ts";
import { scopeKey, versionKey, versionOf } from "./entry-metadata.ts";
import { EntryReader, mostIds } from "./entry-reader.ts";
import { EntryWriter, prepareEntries } from "./entry-writer.ts";
import type { Requests } from "./requests.ts";
import { ScanWindow } from "./scan-window.ts";
import { allOf, compileFilter, type Condition } from "./where.ts";

export interface VectorIndexParts {
  readonly collection: ChromaCollection;
  readonly requests: Requests;
  readonly settings: VectorSettings;
  /** Most records per request. */
  readonly batchSize: number;
}

type QueryRequest = Parameters<ChromaCollection["query"]>[0];

/** Ids read per request and keys kept in memory by a scan. */
const scanWindow = { size: 50_000, pageSize: 50_000 };

/** Approximate nearest neighbours in one Chroma collection. Closing it closes nothing else. */
export class ChromaVectorIndex implements VectorIndex {
  readonly name: string = "chroma";
  readonly #collection: ChromaCollection;
  readonly #requests: Requests;
  readonly #settings: VectorSettings;
  readonly #reader: EntryReader;
  readonly #writer: EntryWriter;
  readonly #window: ScanWindow;
  #closed = false;
  #holdsOthers = false;

  constructor({ collection, requests, settings, batchSize }: VectorIndexParts) {
    this.#collection = collection;
    this.#requests = requests;
    this.#settings = settings;
    this.#reader = new EntryReader(collection, requests);
    this.#writer = new EntryWriter({ collection, requests, reader: this.#reader, batchSize });
    this.#window = new ScanWindow(collection, requests, scanWindow);
  }

  compiles(filter: Filter): boolean {
    return compileFilter(parseFilter(filter)) !== undefined;
  }

  async upsert(records: readonly VectorRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const record of records) {
      checkKey(record);
      checkVector(record.vector, this.#settings, () => `the vector of ${describeKey(record)}`);
    }
    const { metric } = this.#settings;
    const entries = prepareEntries(records, ({ vector }) => toEmbedding(vector, metric));
    this.#window.forget();
    await this.#writer.write(entries, options.signal);
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    this.#window.forget();
    for (const ids of chunks([...new Set(keys.map(toEntryId))])) {
      await this.#requests.send(() => this.#collection.delete({ ids }), options.signal);
    }
  }

  async query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0, 100_000);
    checkVector(options.vector, this.#settings, () => "the query vector");
    const scope = selectedScope(options);
    const where = this.#where(scope, checkedFilter(options.filter));
    if (where === undefined || options.k === 0) return [];
    const request: QueryRequest = {
      queryEmbeddings: [toEmbedding(options.vector, this.#settings.metric)],
      nResults: options.k,
      include: ["metadatas", "distances"],
    };
    const ids = idsWithin(scope, options.keys);
    const hits =
      ids === undefined
        ? await this.#nearestWithin(scope, { ...request, where }, options)
        : await this.#nearestOf(ids, request, options.filter && where, options.signal);
    return hits.toSorted((a, b) => b.score - a.score || compareKeys(a, b)).slice(0, options.k);
  }

  /** @returns undefined when nothing can match */
  #where(scope: string | undefined, filter: Filter | undefined): ChromaWhere | undefined {
    const own: ChromaWhere =
      scope === undefined ? { [versionKey]: { $ne: "" } } : { [scopeKey]: { $eq: scope } };
    const compiled: Condition | undefined = filter === undefined ? "all" : compileFilter(filter);
    if (compiled === undefined) {
      throw new PalimpsestError(
        "E_UNSUPPORTED",
        "Chroma cannot answer this filter; ask `compiles` first and pass `keys` instead",
      );
    }
    const where = allOf([own, compiled]);
    return typeof where === "string" ? undefined : where;
  }

  /**
   * With a condition the server takes three times as long. One on the scope alone says nothing as long
   * as all that is near is of that scope; the first foreign neighbour shows that others are kept here.
   */
  async #nearestWithin(
    scope: string | undefined,
    request: QueryRequest,
    { filter, signal }: IndexRestriction,
  ): Promise<IndexHit[]> {
    if (filter === undefined && !this.#holdsOthers) {
      const { where: _, ...unconditional } = request;
      const hits = await this.#nearest(unconditional, signal);
      this.#holdsOthers = hits.some((hit) => hit.scope !== (scope ?? hit.scope));
      if (!this.#holdsOthers && hits.length === request.nResults) return hits;
    }
    return this.#nearest(request, signal);
  }

  async #nearestOf(
    ids: readonly string[],
    request: QueryRequest,
    where: ChromaWhere | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IndexHit[]> {
    const hits: IndexHit[] = [];
    for (const chunk of chunks(ids)) {
      const present = await this.#reader.present(chunk, signal);
      if (present.length === 0) continue;
      const nResults = Math.min(request.nResults, present.length);
      const part = { ...request, nResults, ids: present, ...(where && { where }) };
      try {
        hits.push(...(await this.#nearest(part, signal)));
      } catch (error) {
        // Chroma fails for an id that it does not have, here one deleted meanwhile.
        const left = await this.#reader.present(present, signal);
        if (left.length === present.length) throw error;
        hits.push(...(await this.#nearestOf(left, request, where, signal)));
      }
    }
    return hits;
  }

  async #nearest(request: QueryRequest, signal: AbortSignal | undefined): Promise<IndexHit[]> {
    const result = await this.#requests.send(() => this.#collection.query(request), signal);
    const [found = [], distances = [], metadatas = []] = [
      result.ids[0],
      result.distances[0],
      result.metadatas[0],
    ] as const;
    return found.map((entryId, i) => {
      const { scope, id } = toDocumentKey(entryId);
      const { revision } = versionOf(metadatas[i]);
      return { scope, id, revision, score: toScore(distances[i] ?? null, this.#settings.metric) };
    });
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    checkAfter(scope, options.after);
    let { after } = options;
    for (;;) {
      const { keys, more } = await this.#window.next(scope, after, options.limit, options.signal);
      const versions = await this.#reader.versions(keys.map(toEntryId), options.signal);
      const entries = keys.flatMap((key) => {
        const version = versions.get(toEntryId(key));
        return version === undefined ? [] : [{ ...key, revision: version.revision }];
      });
      after = keys.at(-1);
      // Entries deleted since their keys were read leave the page shorter, but never empty with more to come.
      if (!more || after === undefined) return { entries, next: undefined };
      if (entries.length > 0) return { entries, next: after };
    }
  }

  async describe(options: CallOptions = {}): Promise<VectorIndexDescription> {
    this.#enter(options);
    const count = await this.#requests.send(() => this.#collection.count(), options.signal);
    return { ...this.#settings, count };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the vector index was closed; call openVectors again");
    }
    this.#requests.checkOpen();
    throwIfAborted(options.signal);
  }
}

/** Each key once, and only those of the scope: a key list never widens a query. */
function idsWithin(
  scope: string | undefined,
  keys: readonly DocumentKey[] | undefined,
): string[] | undefined {
  if (keys === undefined) return undefined;
  for (const key of keys) checkKey(key);
  const own = keys.filter((key) => scope === undefined || key.scope === scope);
  return [...new Set(own.map(toEntryId))];
}

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / mostIds) }, (_, i) =>
    ids.slice(i * mostIds, (i + 1) * mostIds),
  );
}
