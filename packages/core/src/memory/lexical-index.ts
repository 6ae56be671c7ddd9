import type { DocumentKey, ScopeSelector } from "../document.ts";
import type { CorpusStatistics } from "../embedder.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import { type Filter, matchesFilter } from "../filter.ts";
import type { JsonObject } from "../json.ts";
import { parseJsonText } from "../json-text.ts";
import type { CallOptions } from "../key-value-store.ts";
import type { LexicalIndex, LexicalRecord } from "../lexical-index.ts";
import { compareRevisions, type Revision } from "../revision.ts";
import { canonicalJson, checkKey, limits } from "../seal.ts";
import { tokenize } from "../tokenize.ts";
import type { IndexHit, IndexPage, IndexRestriction, IndexScanOptions } from "../vector-index.ts";
import { KeyMap } from "./key-map.ts";
import { Postings } from "./postings.ts";
import { compareHits, pageOf, restricted } from "./restriction.ts";
import { checkCount, checkedFilter, selectedScope } from "./selection.ts";
import { top } from "./top.ts";

interface Entry {
  readonly revision: Revision;
  readonly metadata: JsonObject;
  readonly terms: ReadonlyMap<string, number>;
  /** Terms with repeats. */
  readonly length: number;
}

/** How soon repeats of a term stop counting; the value Lucene and SQLite FTS5 use. */
const k1 = 1.2;
/** How much long texts are marked down; the usual value. */
const b = 0.75;

/** BM25 over an inverted index per scope; a query touches only the postings of its own terms. */
export class MemoryLexicalIndex implements LexicalIndex {
  readonly name: string = "memory";
  readonly #entries = new KeyMap<Entry>();
  readonly #postings = new Postings();
  #closed = false;

  compiles(_filter: Filter): boolean {
    return true;
  }

  async upsert(records: readonly LexicalRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    const entries = records.map((record) => [record, toEntry(record)] as const);
    for (const [{ scope, id }, entry] of entries) {
      const present = this.#entries.get({ scope, id });
      if (present && compareRevisions(entry.revision, present.revision) < 0) continue;
      this.#remove({ scope, id });
      this.#entries.set({ scope, id }, entry);
      this.#postings.add({ scope, id }, entry);
    }
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    for (const key of keys) this.#remove(key);
  }

  #remove(key: DocumentKey): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#postings.remove(key, entry);
  }

  async query(
    options: IndexRestriction & { readonly text: string; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0);
    const scores = this.#scores(options);
    const hits = restricted(scores, options, (filter, { entry }) =>
      matchesFilter(filter, entry.metadata),
    );
    return top(toHits(hits), options.k, compareHits);
  }

  /** BM25 of every document of the scope with at least one term of the query. */
  #scores(options: ScopeSelector & { readonly text: string }): KeyMap<Scored> {
    const scope = selectedScope(options);
    const corpus = this.#postings.corpus(scope);
    const scores = new KeyMap<Scored>();
    for (const term of new Set(tokenize(options.text))) {
      const postings = [...this.#postings.of(term, scope)];
      const rarity = idf(corpus.documents, postings.length);
      for (const { key, frequency } of postings) {
        const entry = this.#entries.get(key) as Entry;
        const relative = entry.length / corpus.meanLength;
        const weight = (rarity * frequency * (k1 + 1)) / (frequency + k1 * (1 - b + b * relative));
        scores.set(key, { entry, score: (scores.get(key)?.score ?? 0) + weight });
      }
    }
    return scores;
  }

  async documentFrequency(
    terms: readonly string[],
    options: CallOptions & ScopeSelector & { readonly filter?: Filter } = {},
  ): Promise<CorpusStatistics> {
    this.#enter(options);
    const scope = selectedScope(options);
    const filter = checkedFilter(options.filter);
    const matches = (key: DocumentKey): boolean =>
      filter === undefined || matchesFilter(filter, (this.#entries.get(key) as Entry).metadata);
    const frequencies = new Map<string, number>();
    for (const term of new Set(terms)) {
      frequencies.set(
        term,
        countWhere(this.#postings.of(term, scope), ({ key }) => matches(key)),
      );
    }
    const documents =
      filter === undefined
        ? this.#entries.size(scope)
        : countWhere(this.#entries.entries(scope), ([key]) => matches(key));
    return { documents, frequencies };
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    return pageOf(this.#entries, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the memory lexical index was closed; open a new one");
    }
    throwIfAborted(options.signal);
  }
}

interface Scored {
  readonly entry: Entry;
  readonly score: number;
}

function toEntry(record: LexicalRecord): Entry {
  checkKey(record);
  // Units, not bytes: at least the promised bytes are indexed.
  const tokens = tokenize(record.text.slice(0, limits.lexicalBytes));
  const terms = new Map<string, number>();
  for (const term of tokens) terms.set(term, (terms.get(term) ?? 0) + 1);
  return {
    revision: { ...record.revision },
    metadata: parseJsonText(canonicalJson(record.metadata)) as JsonObject,
    terms,
    length: tokens.length,
  };
}

/** Above 0 for every term, however common. */
function idf(documents: number, containing: number): number {
  return Math.log(1 + (documents - containing + 0.5) / (containing + 0.5));
}

function* toHits(scored: Iterable<[DocumentKey, Scored]>): Generator<IndexHit> {
  for (const [{ scope, id }, { entry, score }] of scored) {
    yield { scope, id, revision: { ...entry.revision }, score };
  }
}

function countWhere<T>(items: Iterable<T>, matches: (item: T) => boolean): number {
  let count = 0;
  for (const item of items) if (matches(item)) count++;
  return count;
}
