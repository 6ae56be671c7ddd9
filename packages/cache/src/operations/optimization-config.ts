import { PalimpsestError } from "@palimpsest/core";

/** What may be on. */
export interface OptimizationConfig {
  readonly enableCache: boolean;
  readonly enableBatching: boolean;
  /** Share of targeting keys whose calls are cached, 0 to 100. */
  readonly cachePercentage: number;
}

/** What a cache is made with, from the names of older configurations. */
export interface CacheConfig {
  /** Address of the second tier; undefined: memory only. */
  readonly redisUrl: string | undefined;
  /** Milliseconds. */
  readonly ttl: number;
  readonly memory: { readonly maxBytes: number };
}

type Source = Readonly<Record<string, unknown>>;

/**
 * Reads `OPTIMIZATION_FLAGS` or the environment: `enable_cache`, `enable_batching` and `cache_percentage` in
 * either case. Off, off and 10 unless they say otherwise.
 * @throws `E_CONFIG` for a value that is neither true nor false, or no percentage
 */
export function readOptimizationFlags(source: Source): OptimizationConfig {
  return {
    enableCache: booleanOf(source, "enable_cache", false),
    enableBatching: booleanOf(source, "enable_batching", false),
    cachePercentage: numberOf(source, "cache_percentage", { byDefault: 10, most: 100, least: 0 }),
  };
}

/**
 * Reads `CACHE_CONFIG` or the environment: `REDIS_URL`, `DEFAULT_TTL` in seconds, `MAX_MEMORY_MB` and
 * `EVICTION_POLICY`, which can only be `lru`. 300 s and 100 MB unless they say otherwise.
 * @throws `E_CONFIG`
 */
export function readCacheConfig(source: Source): CacheConfig {
  const policy = valueOf(source, "EVICTION_POLICY") ?? "lru";
  if (policy !== "lru") {
    throw wrong("EVICTION_POLICY", policy, "only lru is there; leave it out");
  }
  const url = valueOf(source, "REDIS_URL");
  if (url !== undefined && typeof url !== "string") throw wrong("REDIS_URL", url, "give a URL");
  return {
    redisUrl: url,
    ttl: numberOf(source, "DEFAULT_TTL", { byDefault: 300, least: 0.001 }) * 1_000,
    memory: {
      maxBytes: Math.floor(
        numberOf(source, "MAX_MEMORY_MB", { byDefault: 100, least: 0.001 }) * 2 ** 20,
      ),
    },
  };
}

function booleanOf(source: Source, name: string, byDefault: boolean): boolean {
  const value = valueOf(source, name) ?? byDefault;
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  throw wrong(name, value, "write true or false");
}

function numberOf(
  source: Source,
  name: string,
  {
    byDefault,
    least,
    most = Number.MAX_SAFE_INTEGER,
  }: { byDefault: number; least: number; most?: number },
): number {
  const value = valueOf(source, name) ?? byDefault;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && number >= least && number <= most) return number;
  throw wrong(name, value, `give a number from ${least} to ${most}`);
}

/** An empty variable of the environment counts as absent. */
function valueOf(source: Source, name: string): unknown {
  const value = source[name.toLowerCase()] ?? source[name.toUpperCase()];
  return value === "" || value === null ? undefined : value;
}

function wrong(name: string, value: unknown, remedy: string): PalimpsestError {
  return new PalimpsestError("E_CONFIG", `${name} is ${JSON.stringify(value)}; ${remedy}`);
}
