import {
  type CallOptions,
  checkKey,
  type CorpusStatistics,
  type DocumentKey,
  type Filter,
  type IndexEntry,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  type LexicalIndex,
  type LexicalRecord,
  matchesFilter,
  PalimpsestError,
  type ScopeSelector,
  throwIfAborted,
  tokenize,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection, StoredEntry } from "./connection.ts";
import { idsOf } from "./document-reader.ts";
import { decodeKey, keyRange } from "./key-codec.ts";
import { newestOfEach, storedTerm, toEntry } from "./lexical-entries.ts";
import {
  type Corpus,
  documentFrequencies,
  findStages,
  type FoundEntry,
  metadataOf,
  rank,
} from "./lexical-query.ts";
import { refusedOperations } from "./mongodb-errors.ts";

/** Terms per document in a collection of its own, found through one index over (term, scope). */
export class MongodbLexicalIndex implements LexicalIndex {
  readonly name: string = "mongodb";
  readonly #connection: Connection;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Every filter: the reference evaluator decides over the entry's copy of the metadata. */
  compiles(_filter: Filter): boolean {
    return true;
  }

  async upsert(records: readonly LexicalRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    let waiting = newestOfEach(records.map(toEntry));
    // An entry that exists refuses the insert; it may be older, or another writer's of this moment.
    for (let upsert = true; waiting.length > 0; upsert = !upsert) {
      const refused = await this.#replace(waiting, upsert, options.signal);
      waiting = refused.map((i) => waiting[i] as StoredEntry);
    }
  }

  /** @returns the positions that met an entry under their key which the filter did not find */
  #replace(
    entries: readonly StoredEntry[],
    upsert: boolean,
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    const operations = entries.map(({ _id, ...replacement }) => {
      const { epoch, counter } = replacement;
      const notNewer = [{ epoch: { $lt: epoch } }, { epoch, counter: { $lte: counter } }];
      return { replaceOne: { filter: { _id, $or: notNewer }, replacement, upsert } };
    });
    return this.#connection.run(signal, async () => {
      try {
        await this.#connection.entries.bulkWrite(operations, { ordered: false });
        return [];
      } catch (error) {
        return refusedOperations(error);
      }
    });
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    if (keys.length === 0) return;
    const gone = { _id: { $in: idsOf(keys) } };
    await this.#connection.run(options.signal, () => this.#connection.entries.deleteMany(gone));
  }

  async query(
    options: IndexRestriction & { readonly text: string; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    for (const key of options.keys ?? []) checkKey(key);
    const ids = options.keys && new Set(idsOf(options.keys));
    const terms = termsOf(tokenize(options.text));
    if (options.k === 0 || terms.length === 0 || ids?.size === 0) return [];
    const [found, corpus] = await Promise.all([
      this.#find(scope, terms, filter !== undefined, options.signal),
      this.#corpus(scope, options.signal),
    ]);
    return rank(found, corpus, { filter, ids }, options.k);
  }

  #find(
    scope: string | undefined,
    terms: readonly string[],
    withMetadata: boolean,
    signal: AbortSignal | undefined,
  ): Promise<FoundEntry[]> {
    return this.#connection.run(signal, () =>
      this.#connection.entries
        .aggregate<FoundEntry>(findStages(scope, terms, withMetadata))
        .toArray(),
    );
  }

  async #corpus(scope: string | undefined, signal: AbortSignal | undefined): Promise<Corpus> {
    const [figures] = await this.#connection.run(signal, () =>
      this.#connection.entries
        .aggregate<Corpus>([
          { $match: { scope: scope ?? { $gte: "" } } },
          { $group: { _id: null, documents: { $sum: 1 }, length: { $sum: "$length" } } },
        ])
        .toArray(),
    );
    return figures ?? { documents: 0, length: 0 };
  }

  async documentFrequency(
    terms: readonly string[],
    options: CallOptions & ScopeSelector & { readonly filter?: Filter } = {},
  ): Promise<CorpusStatistics> {
    this.#enter(options);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    const wanted = termsOf(terms);
    const [found, documents] = await Promise.all([
      this.#find(scope, wanted, filter !== undefined, options.signal),
      this.#count(scope, filter, options.signal),
    ]);
    const matching = filter === undefined ? found : found.filter((entry) => holds(filter, entry));
    const counts = documentFrequencies(matching);
    return {
      documents,
      frequencies: new Map(terms.map((term) => [term, counts.get(storedTerm(term)) ?? 0])),
    };
  }

  async #count(
    scope: string | undefined,
    filter: Filter | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (filter === undefined) return (await this.#corpus(scope, signal)).documents;
    let count = 0;
    const query = { scope: scope ?? { $gte: "" } };
    const entries = this.#connection.stream(signal, () =>
      this.#connection.entries.find<{ metadata: string }>(query, { projection: { metadata: 1 } }),
    );
    for await (const entry of entries) if (holds(filter, entry)) count++;
    return count;
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    checkCount(options.limit, "limit", 1, 10_000);
    const scope = selectedScope(options);
    checkAfter(scope, options.after);
    const found = await this.#connection.run(options.signal, () =>
      this.#connection.entries
        .find(
          { _id: keyRange(scope, options.after) },
          { projection: { epoch: 1, counter: 1 }, sort: { _id: 1 }, limit: options.limit + 1 },
        )
        .toArray(),
    );
    const page = found.slice(0, options.limit);
    const last = found.length > page.length ? page.at(-1) : undefined;
    return {
      entries: page.map(toIndexEntry),
      next: last && decodeKey(last._id),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    this.#connection.checkOpen();
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the lexical index was closed; open the store again");
    }
    throwIfAborted(options.signal);
  }
}

function toIndexEntry({ _id, epoch, counter }: StoredEntry): IndexEntry {
  return { ...decodeKey(_id), revision: { epoch, counter } };
}

function termsOf(terms: readonly string[]): string[] {
  return [...new Set(terms.map(storedTerm))];
}

function holds(filter: Filter, entry: { readonly metadata?: string }): boolean {
  return matchesFilter(filter, metadataOf(entry));
}
