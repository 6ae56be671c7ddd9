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
