import type { DocumentStore } from "./document-store.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import type { Metric, VectorIndex } from "./vector-index.ts";

export interface VectorIndexOptions extends CallOptions {
  readonly dimension: number;
  readonly modelId: string;
  /** @defaultValue `"cosine"` */
  readonly metric?: Metric;
}

/** One opened engine in all its roles. `close` closes every role; closing twice is harmless. */
export interface StorageEngine extends AsyncDisposable {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  /**
   * Opens the vector index, creating it on first use. Separate from opening the engine because the
   * dimension is often known only from the store's own settings.
   * @throws `E_DIMENSION_MISMATCH`, `E_MODEL_MISMATCH` when it was built otherwise
   */
  openVectors(options: VectorIndexOptions): Promise<VectorIndex>;
  /**
   * A named lock among processes for a long job such as an import; the death of its holder frees it.
   * @returns undefined while another holder has it
   */
  lock(name: string): Promise<AsyncDisposable | undefined>;
  close(): Promise<void>;
}
