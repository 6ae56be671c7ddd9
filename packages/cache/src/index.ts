export type { Cache, EntryOptions, Fill, FillContext, FillOptions, Savings } from "./cache.ts";
export type {
  CacheEvent,
  CacheFillErrorEvent,
  CacheFillEvent,
  CacheHitEvent,
  CacheInvalidateEvent,
  CacheJoinEvent,
  CacheMissEvent,
  CacheNegativeHitEvent,
  CacheStoreErrorEvent,
  CacheStoreStateEvent,
} from "./cache-event.ts";
export { cacheKey, type CacheKey, type CacheKeyInput } from "./cache-key.ts";
export type { Relations } from "./invalidation/relations.ts";
export { type ModelCall, modelCallKey, type ModelCallKeyOptions } from "./keys/model-call-key.ts";
export type { TieredCacheOptions } from "./options.ts";
export { type CacheUsage, TieredCache } from "./tiered-cache.ts";
export { CacheWarmer, type CacheWarmerOptions } from "./operations/cache-warmer.ts";
export type { WarmEntry, WarmingCounts, WarmingPlan } from "./operations/cache-warmer.ts";
export {
  type CacheConfig,
  type OptimizationConfig,
  readCacheConfig,
  readOptimizationFlags,
} from "./operations/optimization-config.ts";
export {
  type CacheSwitch,
  type EmergencyReport,
  OptimizationFlags,
  type OptimizationFlagsOptions,
} from "./operations/optimization-flags.ts";
export { type TtlDecision, TtlTuner, type TtlTunerOptions } from "./operations/ttl-tuner.ts";
export type { EvidenceOptions, FalseHitCounts } from "./semantic/false-hit-evidence.ts";
export { meaningGate } from "./semantic/meaning-gate.ts";
export { SemanticCache } from "./semantic/semantic-cache.ts";
export type {
  SemanticCacheOptions,
  SemanticRequest,
  SemanticStats,
} from "./semantic/semantic-options.ts";
export { observeCache } from "./statistics/cache-metrics.ts";
export { CacheStatistics, type CacheStatisticsOptions } from "./statistics/cache-statistics.ts";
export type { ClassCounters, CounterName, StatisticsSnapshot } from "./statistics/counters.ts";
export { reportSavings, type SavingsReport } from "./statistics/savings-report.ts";
export { SharedStatistics, type SharedStatisticsOptions } from "./statistics/shared-statistics.ts";
export { StatisticsFlush, type StatisticsFlushOptions } from "./statistics/statistics-flush.ts";
export {
  type ClassSummary,
  type LatencySummary,
  summarise,
  totalOf,
} from "./statistics/summary.ts";
export { type BatchFunction, type BatchOptions, batched } from "./wrap/batched.ts";
export { cachedEmbedder, type CachedEmbedderOptions } from "./wrap/cached-embedder.ts";
export {
  cached,
  type CachedMethodOptions,
  type CachedOptions,
  type MethodDecoratorOf,
} from "./wrap/cached.ts";
