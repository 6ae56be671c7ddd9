import type { DocumentKey, ScopeSelector } from "./document.ts";
import type { CorpusStatistics } from "./embedder.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { Revision } from "./revision.ts";
import type { IndexHit, IndexPage, IndexRestriction, IndexScanOptions } from "./vector-index.ts";

export interface LexicalRecord extends DocumentKey {
  readonly revision: Revision;
  readonly text: string;
  readonly metadata: JsonObject;
}

/** Ranked term search over the terms of `tokenize`: CJK runs are indexed as bigrams. */
export interface LexicalIndex extends AsyncDisposable {
  readonly name: string;
  /** As of a `VectorIndex`. */
  readonly commitGroup?: object;
  compiles(filter: Filter): boolean;
  /** Replaces whole entries, never by an older revision. A `coIndexed` driver does this with the document; here it repairs. */
  upsert(records: readonly LexicalRecord[], options?: CallOptions): Promise<void>;
  delete(keys: readonly DocumentKey[], options?: CallOptions): Promise<void>;
  /**
   * Documents with at least one term of `text`, best first; any text is a valid query, one without
   * terms finds nothing. Scores are BM25-like, above 0 and comparable within one result only.
   */
  query(
    options: IndexRestriction & { readonly text: string; readonly k: number },
  ): Promise<IndexHit[]>;
  /** Figures of one scope (or all) for these terms. */
  documentFrequency(
    terms: readonly string[],
    options?: CallOptions & ScopeSelector & { readonly filter?: Filter },
  ): Promise<CorpusStatistics>;
  scan(options: IndexScanOptions): Promise<IndexPage>;
  close(): Promise<void>;
}
