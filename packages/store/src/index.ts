export type {
  ConsistencyOptions,
  ConsistencyProblem,
  ConsistencyProblemKind,
  ConsistencyReport,
  ConsistencyReportOptions,
  PartialConsistencyReport,
} from "./consistency.ts";
export type { DocumentConsistency, DocumentState } from "./document-consistency.ts";
export { defaultWeights } from "./fusion.ts";
export type {
  HealthOptions,
  PartHealth,
  PartRole,
  QueueStats,
  StoreHealth,
  StoreStats,
} from "./health.ts";
export type { FlushStats, WorkerStatus } from "./index-worker.ts";
export type { DrainFailure } from "./outbox-drain.ts";
export type { Consistency, FusionWeights, SemanticStoreOptions, WorkerOptions } from "./options.ts";
export type { ReembedOptions, ReembedProgress, ReembedReport } from "./reembed.ts";
export type { RepairOptions, RepairReport } from "./repair.ts";
export { SemanticStore } from "./semantic-store.ts";
