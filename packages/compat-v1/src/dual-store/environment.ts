import type { DualStoreConsistency, DualStoreOptions } from "./types.ts";

/** Everything that v1 read from the environment, decided: explicit, then environment, then default. */
export interface DualStoreSettings {
  readonly agentName: string;
  readonly databaseName: string;
  readonly mongoUri: string;
  readonly chromaUrl: string;
  readonly ollamaUrl: string;
  readonly consistency: DualStoreConsistency;
  readonly dualWriteEnabled: boolean;
  readonly embeddingDriver: string;
  readonly embeddingFunction: string;
  /** Milliseconds; undefined means no limit. */
  readonly embeddingTimeoutMs: number | undefined;
}

/** @throws `E_CONFIG` naming the variables when two of them disagree or one has no known value */
export declare function readSettings(options: DualStoreOptions): DualStoreSettings;
