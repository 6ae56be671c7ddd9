import { type Clock, type JsonObject, PalimpsestError } from "@palimpsest/core";
import { LRUCache } from "lru-cache";
import { isRecord } from "../json-kind.ts";

/** What a fact is found by; a part that is absent differs from every present one. */
export interface FactKey {
  readonly userId: string | number;
  readonly category?: string | number | undefined;
  readonly key?: string | number | undefined;
}

export interface FactCacheOptions {
  /** Most entries; 0 stores nothing. */
  readonly capacity: number;
  /** Milliseconds from the last write of an entry. */
  readonly ttlMs: number;
  readonly clock: Clock;
}

export interface CacheStats {
  readonly size: number;
  readonly capacity: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries that had to go for newer ones; expired and invalidated ones do not count. */
  readonly evictions: number;
  readonly totalRequests: number;
  /** Percent with two decimals; 0 and 100 when nothing was asked for. */
  readonly hitRate: number;
  readonly missRate: number;
}

/** Texts by fact, least recently used first out. */
export class FactCache {
  readonly #capacity: number;
  readonly #entries: LRUCache<string, string> | undefined;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor({ capacity, ttlMs, clock }: FactCacheOptions) {
    this.#capacity = capacity;
    if (capacity === 0) return;
    this.#entries = new LRUCache({
      max: capacity,
      ttl: Math.max(1, Math.round(ttlMs)),
      ttlResolution: 0,
      // It takes an entry that was stored at 0 for one that never expires.
      perf: { now: () => clock.now() || Number.MIN_VALUE },
      dispose: (_text, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  get isEnabled(): boolean {
    return this.#entries !== undefined;
  }

  put(fact: FactKey, text: string): void {
    this.#entries?.set(entryKey(fact), text);
  }

  get(fact: FactKey): string | undefined {
    const text = this.#entries?.get(entryKey(fact));
    if (text === undefined) this.#misses++;
    else this.#hits++;
    return text;
  }

  /** Removes all facts of a user and says how many. */
  invalidateUser(userId: string | number): number {
    const start = JSON.stringify([userId]).slice(0, -1);
    const keys = [...(this.#entries?.keys() ?? [])].filter((key) => key.startsWith(`${start},`));
    for (const key of keys) this.#entries?.delete(key);
    return keys.length;
  }

  /** Removes what has expired and says how much that was. */
  cleanupExpired(): number {
    const before = this.#entries?.size ?? 0;
    this.#entries?.purgeStale();
    return before - (this.#entries?.size ?? 0);
  }

  resetStats(): void {
    this.#hits = 0;
    this.#misses = 0;
    this.#evictions = 0;
  }

  get stats(): CacheStats {
    const totalRequests = this.#hits + this.#misses;
    const rate = (count: number): number => Math.round((count * 1e4) / totalRequests) / 100;
    return {
      size: this.#entries?.size ?? 0,
      capacity: this.#capacity,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      totalRequests,
      hitRate: totalRequests === 0 ? 0 : rate(this.#hits),
      missRate: totalRequests === 0 ? 100 : rate(this.#misses),
    };
  }
}

/** JSON keeps the parts apart whatever characters they hold, and 7 from "7". */
function entryKey({ userId, category, key }: FactKey): string {
  return JSON.stringify([userId, category ?? null, key ?? null]);
}

/**
 * What a fact is found by; undefined when it has no `user_id`.
 * @throws `E_INVALID_INPUT` when `user_id`, `category` or `key` is neither text nor a number
 */
export function factKeyOf(fact: unknown): FactKey | undefined {
  if (!isRecord(fact)) return undefined;
  const userId = keyPart(fact, "user_id");
  if (userId === undefined) return undefined;
  return { userId, category: keyPart(fact, "category"), key: keyPart(fact, "key") };
}

function keyPart(fact: JsonObject, field: string): string | number | undefined {
  const value = fact[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${field} of a cached fact must be text or a number; leave the fact out of the cache`,
  );
}
