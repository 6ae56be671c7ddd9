declare const brand: unique symbol;

/**
 * A key that names its tenant; only `cacheKey` makes one. The scope is part of it, so no call can
 * forget it, and one tenant's entry cannot be reached by another's key.
 */
export type CacheKey = string & { readonly [brand]: "CacheKey" };
