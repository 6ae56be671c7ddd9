import type { CallOptions } from "@palimpsest/core";
import type { CacheKey } from "./cache-key.ts";

/** How one entry lives. All durations are milliseconds. */
export interface EntryOptions {
  /** Fresh for this long. */
  readonly ttl: number;
  /** After `ttl`, served at once for this long while one refresh runs behind it. @defaultValue 0 */
  readonly staleWhileRevalidate?: number;
  /** After that, served for this long when the refresh fails. @defaultValue 0 */
  readonly staleIfError?: number;
  /** Refresh before `ttl` with a probability that grows towards it (XFetch's beta). @defaultValue 0: off */
  readonly earlyRefresh?: number;
  /** `ttl` is shortened by a random share up to this one. @defaultValue 0.1 */
  readonly jitter?: number;
  /** How long an error is remembered and thrown again; undefined or 0: not at all. */
  readonly negativeTtl?: (error: unknown) => number | undefined;
  /** Invalidating any of them invalidates the entry. */
  readonly tags?: readonly string[];
  /** Statistics are kept per class. @defaultValue the key's prefix */
  readonly class?: string;
  /** What a hit saves, told from the value. */
  readonly savings?: (value: unknown) => Savings;
}

/** What one answered call would have cost. */
export interface Savings {
  readonly tokens?: number;
  readonly cost?: number;
}

/** What a fill gets. */
export interface FillContext {
  /** Fires when nobody waits for the value any more. */
  readonly signal: AbortSignal;
  /** A refresh of a value that is still being served, or a warming: lower priority than a caller. */
  readonly background: boolean;
}

export type Fill<T> = (context: FillContext) => Promise<T>;

/** What every wrapper of this package builds on; `TieredCache` is the implementation. */
export interface Cache {
  /**
   * The value, filled once for all who ask at the same time. A hit in memory is returned without a
   * promise, so `await` it or not. Values are shared: treat them as frozen.
   * @throws what the fill threw, the same error for all who waited
   */
  getOrSet<T>(key: CacheKey, fill: Fill<T>, options: EntryOptions & CallOptions): T | Promise<T>;
  /** @returns undefined for absent, expired or invalidated */
  get<T>(key: CacheKey, options?: CallOptions): T | undefined | Promise<T | undefined>;
  /** One entry per key, in order; the second tier is asked once for all that memory lacks. */
  getMany<T>(keys: readonly CacheKey[], options?: CallOptions): Promise<(T | undefined)[]>;
  set<T>(key: CacheKey, value: T, options: EntryOptions & CallOptions): Promise<void>;
  /** As `getOrSet` for many keys: one call of `fill` for all that are missing, in their order. */
  getOrSetMany<T>(
    keys: readonly CacheKey[],
    fill: (missing: readonly CacheKey[], context: FillContext) => Promise<readonly T[]>,
    options: EntryOptions & CallOptions,
  ): Promise<T[]>;
  delete(keys: readonly CacheKey[], options?: CallOptions): Promise<void>;
  /** Everything that carries one of the tags, in every process. */
  invalidateTags(tags: readonly string[], options?: CallOptions): Promise<void>;
  /** Everything below a prefix such as `"llm/chat"`, by its stamp: nothing is scanned. */
  invalidatePrefix(scope: string, prefix: string, options?: CallOptions): Promise<void>;
  /** Everything, in every process. */
  clear(options?: CallOptions): Promise<void>;
}
