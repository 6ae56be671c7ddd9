import {
  type Clock,
  type JsonObject,
  type JsonValue,
  PalimpsestError,
  systemClock,
  type TokenCounter,
} from "@palimpsest/core";
import { fit, type FitOptions, type Fitted } from "../budget/fit.ts";
import { deduplicate, type Deduplicated } from "../dedupe/deduplicate.ts";
import type { DeduplicateOptions } from "../dedupe/deduplicate-options.ts";
import { checkJson } from "../json/check-json.ts";
import { checkRecords } from "../json/check-records.ts";
import type { NumberMode } from "../json/raw-number.ts";
import { type KeyDictionary, keyDictionary } from "../legacy/key-mappings.ts";
import { shown } from "../value-words.ts";
import { isCompressed, readCompressed, writeCompressed } from "./compressed-text.ts";
import { type CacheStats, FactCache, factKeyOf } from "./fact-cache.ts";
import {
  completeConfig,
  type OptimizationConfig,
  optimizationConfigFromV1,
  type V1OptimizationConfig,
} from "./optimization-config.ts";
import { calculateReduction, percentSaved, type Reduction } from "./reduction.ts";

export interface OptimizerOptions extends Partial<OptimizationConfig> {
  /** Own field names to shorten: `long → short`. A short name once used must keep its meaning. */
  readonly keyMappings?: Readonly<Record<string, string>>;
  /** Counts tokens for `calculateReduction` and `fitContext`. */
  readonly counter?: TokenCounter;
  /** `"source"` keeps numbers that JavaScript would round as `JSON.rawJSON`. @defaultValue `"native"` */
  readonly numbers?: NumberMode;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

/** A batch after deduplication, and where each record went. */
export interface CompressedBatch extends Omit<Deduplicated<unknown>, "records"> {
  readonly items: readonly string[];
}

/** What happened since the start or `resetStats`. Bytes are of UTF-8, against minified JSON. */
export interface OptimizerStats {
  /** Texts written by `compress`, `compressBatch` and `putFactCache`. */
  readonly compressions: number;
  /** Compressed texts read by `expand`, `expandBatch` and `getFactCached`; plain data does not count. */
  readonly expansions: number;
  /** Records that `compressBatch` merged into another one. */
  readonly deduplicated: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly totalOriginalBytes: number;
  readonly totalReductionBytes: number;
  readonly totalReductionPercent: number;
  readonly cacheStats: CacheStats;
}

const noCounts = {
  compressions: 0,
  expansions: 0,
  deduplicated: 0,
  originalBytes: 0,
  compressedBytes: 0,
};

/**
 * LuminoraCore v1.2-lite's optimizer, without its losses: `expand(compress(x))` is `x`, whatever the
 * configuration of the two, and plain data passes `expand` untouched. For text that a model reads,
 * `pack` saves far more; this keeps single records short.
 */
export class Optimizer {
  readonly config: OptimizationConfig;
  readonly #names: KeyDictionary;
  readonly #counter: TokenCounter | undefined;
  readonly #numbers: NumberMode;
  readonly #cache: FactCache;
  #counts = { ...noCounts };

  /** @throws `E_CONFIG` for an unknown option, naming the nearest, and for unusable values */
  constructor(options: OptimizerOptions = {}) {
    const { keyMappings, counter, numbers, clock, ...config } = options;
    this.config = completeConfig({ ...config });
    this.#names = keyDictionary(keyMappings);
    this.#counter = counter;
    this.#numbers = checkedNumbers(numbers ?? "native");
    this.#cache = new FactCache({
      capacity: this.config.cacheEnabled ? this.config.cacheCapacity : 0,
      ttlMs: this.config.cacheTtlSeconds * 1000,
      clock: clock ?? systemClock,
    });
  }

  /**
   * Any JSON value as a short text that `expand` recognises: `¶1` and the form, then JSON.
   * @throws `E_INVALID_INPUT` naming the path of what is not JSON
   */
  compress(value: unknown): string {
    const { text, minified } = writeCompressed(value, this.config, this.#names);
    this.#counts.compressions++;
    this.#counts.originalBytes += Buffer.byteLength(minified);
    this.#counts.compressedBytes += Buffer.byteLength(text);
    return text;
  }

  /**
   * The value that `compress` was given; everything else comes back as it is.
   * @throws `E_CORRUPT` with `position` for damaged text, `E_UNSUPPORTED` for a newer version,
   * `E_CONFIG` for a custom short name without a mapping
   */
  expand(data: JsonValue): JsonValue {
    if (!isCompressed(data)) return data;
    const value = readCompressed(data, this.#names, this.#numbers);
    this.#counts.expansions++;
    return value;
  }

  /**
   * Compresses records, duplicates merged first when `deduplicateMemory` and `autoDeduplicate` are on.
   * @throws `E_INVALID_INPUT` naming the record and the path of what is not JSON; nothing is counted
   */
  compressBatch(records: readonly unknown[]): CompressedBatch {
    checkRecords(records);
    checkJson(records);
    const { deduplicateMemory, autoDeduplicate } = this.config;
    const merges = deduplicateMemory && autoDeduplicate;
    const { records: kept, ...report } = merges ? this.deduplicate(records) : unmerged(records);
    const items = kept.map((record) => this.compress(record));
    this.#counts.deduplicated += records.length - items.length;
    return { items, ...report };
  }

  expandBatch(items: readonly JsonValue[]): JsonValue[] {
    return items.map((item) => this.expand(item));
  }

  /**
   * `deduplicate` with this configuration's rules for sources and tags.
   * @throws `E_CONFIG` when `deduplicateMemory` is off; `E_INVALID_INPUT` for unusable options
   */
  deduplicate<T = JsonObject>(
    records: readonly T[],
    options: DeduplicateOptions = {},
  ): Deduplicated<T> {
    const { deduplicateMemory, preserveSources, mergeTags } = this.config;
    if (!deduplicateMemory) {
      throw new PalimpsestError("E_CONFIG", "deduplicateMemory is off; turn it on to deduplicate");
    }
    const rules = {
      ...(!preserveSources && { source: "first" as const }),
      ...(!mergeTags && { tags: "first" as const }),
      ...options.rules,
    };
    return deduplicate(records, { ...options, rules });
  }

  /**
   * The most valuable records as one packed text of at most `maxTokensPerContext` tokens; see `fit`.
   * @throws `E_CONFIG` without a token counter, and what `fit` throws
   */
  fitContext<R>(
    records: readonly R[],
    options: Omit<FitOptions<R>, "budget" | "counter"> = {},
  ): Fitted {
    if (!this.#counter) {
      throw new PalimpsestError(
        "E_CONFIG",
        "fitContext counts tokens; give the optimizer a counter",
      );
    }
    return fit(records, {
      ...options,
      budget: this.config.maxTokensPerContext,
      counter: this.#counter,
    });
  }

  /** How much smaller the second is than the first, in bytes and, with a counter, in tokens. */
  calculateReduction(original: unknown, compressed: unknown): Reduction {
    return calculateReduction(original, compressed, this.#counter);
  }

  /**
   * Keeps a copy of a fact under its `user_id`, `category` and `key`. False when nothing was stored:
   * the cache is off, or the fact has no `user_id`.
   * @throws `E_INVALID_INPUT` when the fact is not JSON, or one of the three is neither text nor number
   */
  putFactCache(fact: object): boolean {
    const key = factKeyOf(fact);
    if (key === undefined || !this.#cache.isEnabled) return false;
    this.#cache.put(key, this.compress(fact));
    return true;
  }

  /**
   * The fact stored under exactly these parts, as a copy; `undefined` when there is none. Its
   * compressed text when `autoExpand` is off.
   */
  getFactCached(
    userId: string | number,
    category?: string | number,
    key?: string | number,
  ): JsonValue | undefined {
    const text = this.#cache.get({ userId, category, key });
    if (text === undefined || !this.config.autoExpand) return text;
    return this.expand(text);
  }

  /** Removes all cached facts of one user and says how many. */
  invalidateUserCache(userId: string | number): number {
    return this.#cache.invalidateUser(userId);
  }

  /** Removes expired facts from the cache and says how many; reading does so one by one. */
  cleanupCache(): number {
    return this.#cache.cleanupExpired();
  }

  getStats(): OptimizerStats {
    const { originalBytes, compressedBytes, ...counts } = this.#counts;
    const cacheStats = this.#cache.stats;
    return {
      ...counts,
      cacheHits: cacheStats.hits,
      cacheMisses: cacheStats.misses,
      totalOriginalBytes: originalBytes,
      totalReductionBytes: originalBytes - compressedBytes,
      totalReductionPercent: percentSaved(originalBytes, compressedBytes),
      cacheStats,
    };
  }

  /** All counts to zero, the cache's too; what is cached stays. */
  resetStats(): void {
    this.#counts = { ...noCounts };
    this.#cache.resetStats();
  }
}

/** `new Optimizer`, taking v1's option names (`key_abbreviation`) as well. @throws `E_CONFIG` */
export function createOptimizer(options: OptimizerOptions & V1OptimizationConfig = {}): Optimizer {
  const { keyMappings, counter, numbers, clock, ...config } = options;
  return new Optimizer({
    ...optimizationConfigFromV1(config),
    ...(keyMappings && { keyMappings }),
    ...(counter && { counter }),
    ...(numbers !== undefined && { numbers }),
    ...(clock && { clock }),
  });
}

function unmerged<T>(records: readonly T[]): Deduplicated<T> {
  const indexMap = Array.from(records.keys());
  return { records, indexMap, merges: [], contradictions: [], problems: [] };
}

function checkedNumbers(numbers: NumberMode): NumberMode {
  if (numbers === "native" || numbers === "source") return numbers;
  throw new PalimpsestError(
    "E_CONFIG",
    `option numbers must be native or source, got ${shown(numbers)}`,
  );
}
