import type {
  Clock,
  DocumentStore,
  Embedder,
  LexicalIndex,
  Policy,
  VectorIndex,
} from "@palimpsest/core";

/** `strict` also waits for the indexes; `eventual` leaves them to the background worker. */
export type Consistency = "strict" | "eventual";

/** Shares of the two legs in a hybrid score; only their ratio matters. */
export interface FusionWeights {
  readonly vector: number;
  readonly lexical: number;
}

export interface WorkerOptions {
  /** Outbox entries per batch, and texts per embedding call. @defaultValue 128 */
  readonly batchSize?: number;
  /** Milliseconds after which another worker may take over a batch. @defaultValue 60,000 */
  readonly leaseMs?: number;
  /** Failures of one document alone before it is quarantined. @defaultValue 8 */
  readonly maxAttempts?: number;
  /** First retry delay in milliseconds; doubles with each attempt, with jitter. @defaultValue 500 */
  readonly retryMs?: number;
  /** Longest retry delay in milliseconds. @defaultValue 60,000 */
  readonly maxRetryMs?: number;
  /** In [0, 1); spreads the retries. @defaultValue `Math.random` */
  readonly random?: () => number;
}

export interface SemanticStoreOptions {
  /** The truth; must have the capability `conditionalPut`. */
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  readonly lexical: LexicalIndex;
  readonly embedder: Embedder;
  /** @defaultValue `"strict"` */
  readonly consistency?: Consistency;
  /** @defaultValue `defaultWeights` */
  readonly weights?: FusionWeights;
  /** Runs each call to the embedder. @defaultValue once, unchanged */
  readonly policy?: Policy;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** Gets everything that did not fail the call but needs attention. @defaultValue `process.emitWarning` */
  readonly onWarning?: (message: string) => void;
  /**
   * Most documents that may wait for their index entries in `eventual` mode; beyond it writes fail
   * with `E_FULL` before anything is written. @defaultValue 100,000
   */
  readonly maxBacklog?: number;
  /**
   * Milliseconds after which one call to the vector index (at most 512 entries) counts as failed.
   * @defaultValue 30,000
   */
  readonly indexTimeoutMs?: number;
  /** `false`: nothing runs in the background, only `flush` and `repair` drain the outbox. */
  readonly worker?: WorkerOptions | false;
  /** `close` also closes documents, vectors and lexical. @defaultValue false: whoever opened them closes them */
  readonly closeParts?: boolean;
}
