import type { DocumentStore } from "./document-store.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import type { Metric, VectorIndex, VectorIndexDescription } from "./vector-index.ts";

/** What an index was built with; an engine that keeps several tells them apart by all three. */
export interface VectorIndexIdentity {
  readonly dimension: number;
  readonly modelId: string;
  /** @defaultValue `"cosine"` */
  readonly metric?: Metric;
}

export interface VectorIndexOptions extends CallOptions, VectorIndexIdentity {
  /**
   * Creates an index of another model beside those that are there, instead of refusing it.
   * @throws `E_UNSUPPORTED` by an engine that keeps one index only
   */
  readonly beside?: boolean;
}

/** An engine that keeps vectors, with the documents or beside another engine's. */
export interface VectorEngine extends AsyncDisposable {
  /**
   * Opens the vector index, creating it on first use. Separate from opening the engine because the
   * dimension is often known only from the store's own settings.
   * @throws `E_DIMENSION_MISMATCH` when only indexes of other dimensions are there,
   * `E_MODEL_MISMATCH` when only those of other models or metrics
   */
  openVectors(options: VectorIndexOptions): Promise<VectorIndex>;
  /** Every index there is. Absent in an engine that keeps one only: a store on it cannot be re-embedded. */
  listVectors?(options?: CallOptions): Promise<VectorIndexDescription[]>;
  /** Erases one index whole, whoever has it open. @returns whether it was there */
  dropVectors?(index: VectorIndexIdentity, options?: CallOptions): Promise<boolean>;
  close(): Promise<void>;
}

/** One opened engine in all its roles. `close` closes every role; closing twice is harmless. */
export interface StorageEngine extends VectorEngine {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  /**
   * A named lock among processes for a long job such as an import; the death of its holder frees it.
   * @returns undefined while another holder has it
   */
  lock(name: string): Promise<AsyncDisposable | undefined>;
}
