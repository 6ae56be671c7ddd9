import type { DualStoreConsistency, DualStoreOptions, QueueConfig } from "./types.ts";

/** @deprecated Use `EmbedderConfig` of `@palimpsest/container`. */
export interface EmbeddingChoice {
  /** `ollama`, `hash` or `openai-compatible`. */
  readonly driver?: string | undefined;
  /** The model. */
  readonly fn?: string | undefined;
  /** Length of its vectors. */
  readonly dims?: number | undefined;
  /** The server; Ollama's is `ollamaUrl` otherwise. */
  readonly url?: string | undefined;
  /** Held in memory only, never part of a message. */
  readonly apiKey?: string | undefined;
}

/**
 * The driver of the documents in the older nested form.
 * @deprecated Use `StoreConfig` of `@palimpsest/container`.
 */
export interface PrimaryDriverBlock {
  readonly type: string;
  /** MongoDB's or PostgreSQL's address, SQLite's file. */
  readonly connection?: string | undefined;
  readonly database?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The driver of the vectors in the older nested form.
 * @deprecated Use `VectorsConfig` of `@palimpsest/container`.
 */
export interface VectorDriverBlock {
  readonly type: string;
  /** Chroma's address. */
  readonly endpoint?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly collection?: string | undefined;
  readonly embeddingFunction?: EmbeddingChoice | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** @deprecated Use `StoreConfig` of `@palimpsest/container`. */
export interface MongodbBlock {
  readonly uri?: string | undefined;
  readonly database?: string | undefined;
  /** Instead of `<agent>_` before the name. */
  readonly collectionPrefix?: string | undefined;
  /** Options of the address: text, numbers and booleans. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** @deprecated Use `StoreConfig` of `@palimpsest/container`. */
export interface PostgresqlBlock {
  /** A whole address, instead of the fields below. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ssl?: boolean | undefined;
  /** Only `max` has an effect: connections are made when needed. */
  readonly pool?:
    | {
        readonly min?: number | undefined;
        readonly max?: number | undefined;
        readonly idleTimeoutMillis?: number | undefined;
      }
    | undefined;
  /** The schema of this family. @defaultValue one named after it */
  readonly schema?: string | undefined;
}

/** @deprecated Use `StoreConfig` of `@palimpsest/container`. */
export interface SqliteBlock {
  /** The file of this family. @defaultValue `./.palimpsest/<family>.db` */
  readonly path?: string | undefined;
}

/** @deprecated Use `VectorsConfig` of `@palimpsest/container`. */
export interface ChromadbBlock {
  readonly url?: string | undefined;
  /** Only beside another store than MongoDB: in place it is named by the family or its alias. */
  readonly collection?: string | undefined;
  readonly tenant?: string | undefined;
  readonly database?: string | undefined;
  readonly embeddingFunction?: EmbeddingChoice | undefined;
  readonly writeQueue?: Readonly<Partial<QueueConfig>> | undefined;
}

/**
 * The flat configuration of the older documentation; its nested form is taken too. What is left out
 * comes from the environment, then from the defaults.
 * @deprecated Use `ConfigInput` of `@palimpsest/container`.
 */
export interface SemanticStoreConfig extends Omit<
  DualStoreOptions,
  "consistency" | "mongoUri" | "chromaUrl" | "databaseName" | "queue"
> {
  /** `mongodb`, `postgresql`, `sqlite` or `memory`. @defaultValue `PRIMARY_DRIVER`, then `"mongodb"` */
  readonly primaryDriver?: string | PrimaryDriverBlock | undefined;
  /** `chromadb`, `postgresql`, `sqlite` or `memory`. @defaultValue `VECTOR_DRIVER`, then `"chromadb"` */
  readonly vectorDriver?: string | VectorDriverBlock | undefined;
  readonly mongodb?: MongodbBlock | undefined;
  readonly postgresql?: PostgresqlBlock | undefined;
  readonly sqlite?: SqliteBlock | undefined;
  readonly chromadb?: ChromadbBlock | undefined;
  /** Accepted and never read: this version has no such driver. */
  readonly pinecone?: Readonly<Record<string, unknown>> | undefined;
  /** As `pinecone`. */
  readonly qdrant?: Readonly<Record<string, unknown>> | undefined;
  readonly consistency?: DualStoreConsistency | undefined;
  /** The nested form's name of `dualWriteEnabled`. */
  readonly dualWrite?: boolean | undefined;
  /** Documents per batch of the index worker. */
  readonly vectorBatchSize?: number | undefined;
  /** Milliseconds; only shown by `getChromaQueueStats`: the worker begins at once. */
  readonly vectorFlushInterval?: number | undefined;
  /** Only shown by `getChromaQueueStats`: the worker goes on until the vector is there or put in quarantine. */
  readonly maxRetries?: number | undefined;
  readonly writeQueue?: Readonly<Partial<QueueConfig>> | undefined;
  readonly embeddingDriver?: string | undefined;
  /** @defaultValue `EMBEDDING_FUNCTION`, what the store was built with, then `nomic-embed-text` */
  readonly embeddingFunction?: string | EmbeddingChoice | undefined;
  /** Accept a store that is empty although the environment names it, or whose vectors are elsewhere. */
  readonly allowEmpty?: boolean | undefined;
  /** Has no effect: use `@opentelemetry/api`'s own set-up. */
  readonly enableMetrics?: boolean | undefined;
  readonly enableTracing?: boolean | undefined;
  readonly enableCaching?: boolean | undefined;
  /** Where relative paths start. @defaultValue the working folder */
  readonly baseDir?: string | undefined;
}
