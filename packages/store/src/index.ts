export type {
  ConsistencyOptions,
  ConsistencyProblem,
  ConsistencyProblemKind,
  ConsistencyReport,
} from "./consistency.ts";
export { defaultWeights } from "./fusion.ts";
export type { HealthOptions, PartHealth, PartRole, StoreHealth, StoreStats } from "./health.ts";
export type { FlushStats } from "./index-worker.ts";
export type { Consistency, FusionWeights, SemanticStoreOptions, WorkerOptions } from "./options.ts";
export type { RepairOptions, RepairReport } from "./repair.ts";
export { SemanticStore } from "./semantic-store.ts";
