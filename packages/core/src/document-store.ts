import type { Capabilities } from "./capabilities.ts";
import type { Document, DocumentKey, ScopeSelector, StoredDocument } from "./document.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { Outbox } from "./outbox.ts";
import type { Revision } from "./revision.ts";

interface Conditional {
  /**
   * The write happens only if the live document has this revision; `null` means there must be no
   * live document (a tombstone is none). Omitted means unconditional.
   */
  readonly ifRevision?: Revision | null;
}

export interface PutItem extends Conditional {
  readonly type: "put";
  readonly document: Document;
  /**
   * Index entry for a `coIndexed` driver, committed with the document. A put of a document with
   * text but without a vector leaves an outbox entry instead. Other drivers ignore it.
   */
  readonly vector?: Float32Array;
}

export interface DeleteItem extends Conditional {
  readonly type: "delete";
  readonly key: DocumentKey;
}

export type WriteItem = PutItem | DeleteItem;

export type WriteResult =
  | { readonly status: "written"; readonly stored: StoredDocument }
  /** `ifRevision` did not match; nothing was written for this item. */
  | { readonly status: "conflict"; readonly current: StoredDocument | undefined }
  /** A delete met no live document; nothing was written, no revision was used. */
  | { readonly status: "absent" };

export interface WriteOptions extends CallOptions {
  /** Epoch of the new revisions; the default is the fence read when the store was opened. */
  readonly epoch?: number;
  /** Model that made the items' vectors, see `DocumentStore.commitGroup`. @defaultValue the active index's */
  readonly modelId?: string;
  /**
   * Vectors are kept by another engine: every record written leaves an outbox entry in the same
   * atomic operation, deletions and emptied texts too, and vectors given are not stored. Without
   * `coIndexed` it is so in any case.
   */
  readonly indexElsewhere?: boolean;
}

/** Both bounds exclusive-from, inclusive-to in key order; omitted means unbounded. */
export interface KeyRange {
  readonly after?: DocumentKey;
  readonly upTo?: DocumentKey;
}

export interface RangeDigest {
  /** Records in the range, tombstones included. */
  readonly count: number;
  /** Sum mod 2^256 of the records' digests, 64 lower-case hex digits. */
  readonly sum: string;
}

export type ScanOptions = CallOptions &
  ScopeSelector & {
    /** Continue after this key (keyset, never offset). */
    readonly after?: DocumentKey;
    /** At most this many documents, 1 to 10,000. */
    readonly limit: number;
    readonly filter?: Filter;
    /** Also yields tombstones; a filter never matches one. */
    readonly includeDeleted?: boolean;
  };

export interface ScanPage {
  readonly documents: readonly StoredDocument[];
  /** Pass as `after` to go on; undefined when the scan is complete. May be set on an empty filtered page. */
  readonly next: DocumentKey | undefined;
}

/** Small durable values beside the documents, e.g. which embedder built the index. Never keys or secrets. */
export interface StoreSettings {
  get(name: string): Promise<JsonObject | undefined>;
  /**
   * With `ifAbsent` an existing value stays and is returned. With `ifEquals` the value is replaced,
   * in one atomic operation, only if it is that one.
   * @returns the value now stored
   * @throws `E_CONFLICT` when `ifEquals` is not the present value
   */
  set(
    name: string,
    value: JsonObject,
    options?: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject },
  ): Promise<JsonObject>;
}

/**
 * The truth. Everything else (vectors, lexical entries, caches) is derived from it and can be
 * rebuilt. Every method validates its input (`E_INVALID_INPUT`) before touching the engine.
 */
export interface DocumentStore extends AsyncDisposable {
  /** Driver name for messages, e.g. `"sqlite"`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly settings: StoreSettings;
  readonly outbox: Outbox;
  /**
   * Identity of what a `coIndexed` driver commits together: the indexes that carry the same object
   * commit with the documents. Of several vector indexes the active one does, which the setting
   * `embedder` names by `modelId` and `dimension` (the only one, while that names none); a vector of
   * another model is not stored, and an outbox entry asks for the right one.
   */
  readonly commitGroup?: object;

  /**
   * Puts and deletes, in order, one result per item; a key may occur more than once. When it
   * resolves, each written document is durable together with its index entries (`coIndexed`) or an
   * outbox entry.
   * @throws `E_FENCED` when the epoch is below the fence or below a record's own. A driver with
   * `transactions` has then written nothing; any other may have written earlier items of the call.
   */
  write(items: readonly WriteItem[], options?: WriteOptions): Promise<WriteResult[]>;

  /**
   * Stores each record iff its revision is higher than the stored one. Idempotent, commutative and
   * associative. Records an outbox entry like `write`.
   * @returns per record, whether it was applied
   * @throws `E_REVISION_COLLISION` for an equal revision with another digest, `E_CORRUPT` when a
   * record's digest does not match its content; nothing of the call is applied by a driver with `transactions`.
   */
  putIfNewer(
    records: readonly StoredDocument[],
    options?: CallOptions & {
      vectors?: readonly (Float32Array | undefined)[];
      /** As in `WriteOptions`. */
      modelId?: string;
    },
  ): Promise<boolean[]>;

  /** Raises the fence to `epoch`; lower values change nothing. @returns the fence now in force */
  fence(epoch: number, options?: CallOptions): Promise<number>;

  /** One entry per key, in order. Tombstones are undefined unless `includeDeleted`. */
  get(
    keys: readonly DocumentKey[],
    options?: CallOptions & { includeDeleted?: boolean },
  ): Promise<(StoredDocument | undefined)[]>;

  /** Newest first by timestamp, ties by id; live documents of one scope. */
  recent(
    options: CallOptions & { scope?: string; limit: number; filter?: Filter },
  ): Promise<StoredDocument[]>;

  /** Exact number of live documents. */
  count(options?: CallOptions & ScopeSelector & { filter?: Filter }): Promise<number>;

  scan(options: ScanOptions): Promise<ScanPage>;

  digest(options?: CallOptions & ScopeSelector & { range?: KeyRange }): Promise<RangeDigest>;

  /**
   * Drops tombstones whose timestamp is below `olderThan` (epoch ms), except those with an outbox
   * entry: without its tombstone a document's counter restarts below a revision still indexed.
   * @returns how many
   */
  compact(options: CallOptions & { olderThan: number }): Promise<number>;

  close(): Promise<void>;
}
