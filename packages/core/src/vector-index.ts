import type { DocumentKey, ScopeSelector } from "./document.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { Revision } from "./revision.ts";

/** cosine: max(0, cos); l2: 1/(1+d); inner product: for unit vectors only, as cosine. */
export type Metric = "cosine" | "l2" | "ip";

export interface VectorRecord extends DocumentKey {
  readonly revision: Revision;
  readonly vector: Float32Array;
  /** The document's metadata, for an index that filters by itself; replaces what was there. */
  readonly metadata: JsonObject;
}

export interface IndexHit extends DocumentKey {
  readonly revision: Revision;
  readonly score: number;
}

export interface IndexEntry extends DocumentKey {
  readonly revision: Revision;
}

export interface IndexPage {
  readonly entries: readonly IndexEntry[];
  /** Pass as `after` to go on; undefined when complete. */
  readonly next: DocumentKey | undefined;
}

export type IndexScanOptions = CallOptions &
  ScopeSelector & { readonly after?: DocumentKey; readonly limit: number };

/** Narrows a query. `keys` is how a filter that the index cannot compile arrives. */
export type IndexRestriction = CallOptions &
  ScopeSelector & { readonly filter?: Filter; readonly keys?: readonly DocumentKey[] };

export interface VectorIndexDescription {
  readonly dimension: number;
  readonly metric: Metric;
  readonly count: number;
  /** Model that built the vectors. */
  readonly modelId: string;
}

/** Derived from the documents; scores are in [0, 1], high is near. */
export interface VectorIndex extends AsyncDisposable {
  readonly name: string;
  /** The documents that carry the same object commit with this index, see `DocumentStore.commitGroup`. */
  readonly commitGroup?: object;
  /** Whether `query` can apply this filter itself. */
  compiles(filter: Filter): boolean;
  /** Replaces whole entries, and never an entry by one of an older revision. @throws `E_DIMENSION_MISMATCH`, `E_INVALID_INPUT` for NaN or Infinity */
  upsert(records: readonly VectorRecord[], options?: CallOptions): Promise<void>;
  /** Absent keys are ignored. */
  delete(keys: readonly DocumentKey[], options?: CallOptions): Promise<void>;
  /** At most `k` hits (k = 0 gives none), best first, ties by scope and id in UTF-8 order. */
  query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]>;
  /** In key order. */
  scan(options: IndexScanOptions): Promise<IndexPage>;
  describe(options?: CallOptions): Promise<VectorIndexDescription>;
  close(): Promise<void>;
}
