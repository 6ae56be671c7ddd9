import type {
  DocumentStore,
  Embedder,
  JsonObject,
  LexicalIndex,
  VectorIndex,
} from "@palimpsest/core";

/** @deprecated Use a number of epoch milliseconds, `Document.timestamp` of `@palimpsest/core`. */
export type DualStoreTimestamp = number | Date | string;

/** @deprecated Use `JsonObject` of `@palimpsest/core`. */
export interface DualStoreMetadata {
  userName?: string;
  isThought?: boolean;
  type?: string;
  caption?: string;
  timeStamp?: DualStoreTimestamp;
  vectorWriteSuccess?: boolean | undefined;
  vectorWriteError?: string | null | undefined;
  vectorWriteTimestamp?: number | null | undefined;
  [key: string]: unknown;
}

/**
 * What `insert` takes; further fields are kept beside the four named ones.
 * @deprecated Use `DocumentInput` of `@palimpsest/core`.
 */
export type DualStoreEntry<
  TextKey extends string = "text",
  TimeKey extends string = "createdAt",
> = {
  id?: string | undefined;
  metadata?: DualStoreMetadata | undefined;
} & (string extends TextKey ? unknown : { [key in TextKey]: string }) &
  (string extends TimeKey ? unknown : { [key in TimeKey]?: DualStoreTimestamp | undefined }) & {
    [extra: string]: unknown;
  };

/** @deprecated Use `DocumentInput` of `@palimpsest/core`. */
export type DiscordEntry = DualStoreEntry<"content", "created_at">;

/** @deprecated Use `DocumentInput` of `@palimpsest/core`. */
export type ThoughtEntry = DualStoreEntry<"text", "createdAt">;

/**
 * What every read returns, whatever the family's own keys. `timestamp` is epoch milliseconds.
 * @deprecated Use `StoredDocument` of `@palimpsest/core`.
 */
export interface GenericEntry {
  id: string;
  text: string;
  timestamp: number;
  metadata: DualStoreMetadata;
}

/**
 * A read with its score in [0, 1], high is near.
 * @deprecated Use `SearchHit` of `@palimpsest/core`.
 */
export interface ScoredEntry extends GenericEntry {
  score: number;
}

/** @deprecated Use `Consistency` of `@palimpsest/store`. */
export type DualStoreConsistency = "strict" | "eventual";

/**
 * State of one document as `checkConsistency` reports it.
 * @deprecated Use `DocumentConsistency` of `@palimpsest/store`.
 */
export interface ConsistencyCheck {
  hasDocument: boolean;
  hasVector: boolean;
  vectorWriteSuccess?: boolean;
  vectorWriteError?: string;
}

/** @deprecated Use `ConsistencyProblem` of `@palimpsest/store`. */
export interface VectorWriteFailure {
  id: string;
  error?: string;
  timestamp?: number;
}

/** @deprecated Use `ConsistencyReport` of `@palimpsest/store`. */
export interface ConsistencyReport {
  totalDocuments: number;
  consistentDocuments: number;
  inconsistentDocuments: number;
  missingVectors: number;
  vectorWriteFailures: VectorWriteFailure[];
}

/** @deprecated Use `WorkerOptions` of `@palimpsest/store`. */
export interface QueueConfig {
  batchSize: number;
  flushIntervalMs: number;
  maxRetries: number;
  retryDelayMs: number;
  enabled: boolean;
}

/** @deprecated Use `QueueStats` of `@palimpsest/store`. */
export interface QueueStats {
  queueLength: number;
  processing: boolean;
  config: QueueConfig;
}

/**
 * Switches that restore an older behaviour; `compatReport()` names what each one does.
 * @deprecated Turn them off one by one, then use `SemanticStore` of `@palimpsest/store`.
 */
export interface CompatSwitches {
  /** A failed strict write throws v1's text and takes the document back; false leaves it to be indexed later. @defaultValue true */
  strictV1Errors?: boolean;
  /** `compileContext` chooses query texts as v1 did. @defaultValue false */
  legacyQueryOrder?: boolean;
  /** `getMostRelevant` removes entries with equal text, not only equal ids. @defaultValue false */
  dedupeByText?: boolean;
  /** Environment variables win over explicit options. @defaultValue false */
  environmentFirst?: boolean;
  /** `getConsistencyReport` counts stored flags and never asks the index. @defaultValue false */
  flagsOnlyReport?: boolean;
}

/**
 * Options that every way of opening a family takes.
 * @deprecated Use `SemanticStoreOptions` of `@palimpsest/store`.
 */
export interface DualStoreOptions extends CompatSwitches {
  /** First part of the family's name. @defaultValue `AGENT_NAME`, then `"duck"` */
  agentName?: string;
  /** Exact family name; `agentName` and `name` are then not joined. */
  family?: string;
  /** @defaultValue `"database"`, v1's own */
  databaseName?: string;
  /** @defaultValue `MONGODB_URI`, `MCP_MONGO_URI`, then `mongodb://localhost:27017` */
  mongoUri?: string;
  /** @defaultValue `CHROMA_URL`, then `http://localhost:8000` */
  chromaUrl?: string;
  /** @defaultValue `DUAL_WRITE_CONSISTENCY` or `CONSISTENCY_MODE`, then `"eventual"` */
  consistency?: DualStoreConsistency;
  /** Whether writes reach the vector index. @defaultValue `DUAL_WRITE_ENABLED`, then true */
  dualWriteEnabled?: boolean;
  /** Whether entries of `metadata.type` "image" are indexed. */
  supportsImages?: boolean;
  /** Used instead of the one that the alias or the environment names. */
  embedder?: Embedder;
  /** @defaultValue `OLLAMA_URL`, then `http://localhost:11434` */
  ollamaUrl?: string;
  /** Settings of v1's vector queue: batch size and intervals of the index worker. */
  queue?: Partial<QueueConfig>;
  /** Refuse every write; nothing is created, no right beyond reading is needed. */
  readOnly?: boolean;
  /** Environment to read. @defaultValue `process.env` */
  env?: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  time?: () => number;
  /** @defaultValue random UUIDs */
  uuid?: () => string;
  onWarning?: (message: string) => void;
}

/**
 * The opened stores below a manager: any driver pair. Whoever opens them passes how to close them.
 * @deprecated Use `SemanticStoreOptions` of `@palimpsest/store`.
 */
export interface DualStoreParts {
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  /** @defaultValue none: only vector search is used */
  readonly lexical?: LexicalIndex;
  readonly embedder: Embedder;
  close(): Promise<void>;
}

/**
 * A filter of v1: a raw query of the older backend, of which only the usual operators are accepted.
 * @deprecated Use `Filter` of `@palimpsest/core`.
 */
export type LegacyFilter = Readonly<Record<string, unknown>>;

/**
 * `{field: 1 | -1}`; v1's default is `{[timeKey]: -1}`.
 * @deprecated `getMostRecent` of `@palimpsest/store` is newest first.
 */
export type LegacySorter = Readonly<Record<string, 1 | -1>>;

/**
 * Changes of one entry; absent fields stay.
 * @deprecated Use `DocumentChanges` of `@palimpsest/core`.
 */
export interface EntryChanges {
  text?: string;
  metadata?: JsonObject;
  timestamp?: DualStoreTimestamp;
}
