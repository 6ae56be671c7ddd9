import type { Document, DocumentKey, ScopeSelector, StoredDocument } from "./document.ts";
import type { StoreSettings } from "./document-store.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { Revision } from "./revision.ts";
import type { TokenCounter } from "./token-counter.ts";

/** What a caller gives; the rest is filled in. */
export interface DocumentInput {
  /** @defaultValue `""` */
  readonly scope?: string;
  /** @defaultValue a random UUID */
  readonly id?: string;
  readonly text: string;
  /** @defaultValue `{}` */
  readonly metadata?: JsonObject;
  /** Epoch milliseconds. @defaultValue now */
  readonly timestamp?: number;
  /** Used instead of calling the embedder; same model and dimension. */
  readonly vector?: Float32Array;
}

export interface DocumentChanges {
  readonly text?: string;
  /** Replaces the metadata whole. */
  readonly metadata?: JsonObject;
  readonly timestamp?: number;
}

export type SearchMode = "hybrid" | "vector" | "lexical";

export type SearchOptions = CallOptions &
  ScopeSelector & {
    /** Number of hits, 0 to 1,000. @defaultValue 10 */
    readonly k?: number;
    /** @defaultValue `"hybrid"` */
    readonly mode?: SearchMode;
    readonly filter?: Filter;
    /** Query vector to use instead of embedding the query. */
    readonly vector?: Float32Array;
  };

export interface SearchHit extends Document {
  /** In [0, 1], high is relevant; comparable within one result only, except in mode `"vector"`. */
  readonly score: number;
}

/** `k` bounds the hits to choose from; here it is 100 when omitted. */
export type ContextOptions = SearchOptions & {
  /** Most tokens the text may cost, by `counter`. */
  readonly budget: number;
  readonly counter: TokenCounter;
};

export interface Context {
  /** One line per hit: `[id] text`; `""` when nothing fits. */
  readonly text: string;
  readonly tokens: number;
  /** The hits in the text, best first. */
  readonly hits: readonly SearchHit[];
  /** Hits found that did not fit. */
  readonly omitted: number;
}

/** Documents with vector and lexical search under the consistency contract. */
export interface SemanticStore extends AsyncDisposable {
  readonly settings: StoreSettings;
  /** @throws `E_CONFLICT` when a live document has the id */
  insert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument>;
  /** All inputs are validated before the first is written. @throws `E_CONFLICT` naming the ids that existed; the others are stored */
  insertMany(inputs: readonly DocumentInput[], options?: CallOptions): Promise<StoredDocument[]>;
  upsert(input: DocumentInput, options?: CallOptions): Promise<StoredDocument>;
  upsertMany(inputs: readonly DocumentInput[], options?: CallOptions): Promise<StoredDocument[]>;
  /** Changes the given fields only. @throws `E_NOT_FOUND`, `E_CONFLICT` when `ifRevision` does not match */
  update(
    key: { readonly scope?: string; readonly id: string },
    changes: DocumentChanges,
    options?: CallOptions & { ifRevision?: Revision },
  ): Promise<StoredDocument>;
  get(
    key: { readonly scope?: string; readonly id: string },
    options?: CallOptions,
  ): Promise<StoredDocument | undefined>;
  getMany(
    keys: readonly DocumentKey[],
    options?: CallOptions,
  ): Promise<(StoredDocument | undefined)[]>;
  /** @returns whether a live document was deleted */
  delete(
    key: { readonly scope?: string; readonly id: string },
    options?: CallOptions,
  ): Promise<boolean>;
  /** Deletes every match of one scope. @returns how many */
  deleteWhere(options: CallOptions & { scope?: string; filter: Filter }): Promise<number>;
  /** In key order, page by page; sees each document that exists throughout exactly once. */
  scan(options?: CallOptions & ScopeSelector & { filter?: Filter }): AsyncIterable<StoredDocument>;
  count(options?: CallOptions & ScopeSelector & { filter?: Filter }): Promise<number>;
  getMostRecent(
    options?: CallOptions & { scope?: string; limit?: number; filter?: Filter },
  ): Promise<StoredDocument[]>;
  search(query: string, options?: SearchOptions): Promise<SearchHit[]>;
  /** The best hits that fit the budget, whole, best first. */
  context(query: string, options: ContextOptions): Promise<Context>;
  close(): Promise<void>;
}
