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
  /**
   * Refreshes behind a hit before `ttl` ends, with a probability that grows towards the end and with
   * the time that the last fill took (XFetch's beta; 1 is usual). @defaultValue 0: off
   */
  readonly earlyRefresh?: number;
  /** `ttl` is shortened by a random share up to this one. @defaultValue 0.1 */
  readonly jitter?: number;
  /**
   * How long this process remembers an error and throws it again instead of filling; undefined or
   * 0: not at all.
   */
  readonly negativeTtl?: (error: unknown) => number | undefined;
  /** Invalidating any of them invalidates the entry. */
  readonly tags?: readonly string[];
  /** Statistics are kept per class. @defaultValue the key's prefix */
  readonly class?: string;
  /** What a hit saves, told from the value. */
  readonly savings?: (value: unknown) => Savings | undefined;
}

/** How a call that may fill an entry goes about it. */
export interface FillOptions extends EntryOptions, CallOptions {
  /** Tells the fill that nobody waits for it, as for warming. @defaultValue false */
  readonly background?: boolean;
  /** Fills even where a fresh value is; other callers get that one meanwhile. @defaultValue false */
  readonly refresh?: boolean;
}

/** What one answered call would have cost. */
export interface Savings {
  readonly tokens?: number;
  /** In the currency that the application counts in. */
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
   * @throws what the fill threw, the same error for all who waited; `E_ABORTED` to a caller whose
   * signal fired
   */
  getOrSet<T>(key: CacheKey, fill: Fill<T>, options: FillOptions): T | Promise<T>;
  /** @returns undefined for absent, expired or invalidated */
  get<T>(key: CacheKey, options?: CallOptions): T | undefined | Promise<T | undefined>;
  /** One entry per key, in order; the second tier is asked once for all that memory lacks. */
  getMany<T>(keys: readonly CacheKey[], options?: CallOptions): Promise<(T | undefined)[]>;
  /**
   * In the place of what is there, in other processes too. Resolves when both tiers have the value,
   * or at the second tier's deadline.
   */
  set<T>(key: CacheKey, value: T, options: EntryOptions & CallOptions): Promise<void>;
  /**
   * As `getOrSet` for many keys: one call of `fill` for all that are missing, in their order, each
   * once. Single-flight holds within this process; among processes no lease is taken.
   */
  getOrSetMany<T>(
    keys: readonly CacheKey[],
    fill: (missing: readonly CacheKey[], context: FillContext) => Promise<readonly T[]>,
    options: FillOptions,
  ): Promise<T[]>;
  /** @throws `E_UNAVAILABLE` as `invalidateTags` */
  delete(keys: readonly CacheKey[], options?: CallOptions): Promise<void>;
  /**
   * Everything that carries one of the tags, in every process. A fill under way is not cached.
   * @throws `E_UNAVAILABLE` when the second tier did not confirm: this process has forgotten the
   * entries and goes on trying to tell the others
   */
  invalidateTags(tags: readonly string[], options?: CallOptions): Promise<void>;
  /**
   * Everything of a tenant below a prefix such as `"llm/chat"`, by its stamp: nothing is scanned.
   * `""` is all of the tenant. @throws `E_UNAVAILABLE` as `invalidateTags`
   */
  invalidatePrefix(scope: string, prefix: string, options?: CallOptions): Promise<void>;
  /** Everything, in every process. @throws `E_UNAVAILABLE` as `invalidateTags` */
  clear(options?: CallOptions): Promise<void>;
}
