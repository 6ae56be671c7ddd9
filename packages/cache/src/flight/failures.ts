import { LRUCache } from "lru-cache";
import type { CacheKey } from "../cache-key.ts";
import type { StampRegistry, Stamped } from "../invalidation/stamp-registry.ts";

/** A fill that failed. Epoch milliseconds. */
interface Failure extends Stamped {
  readonly error: unknown;
  readonly since: number;
  /** Thrown again until then to who has no value. */
  readonly until: number;
  /** No refresh is tried behind a value until then. */
  readonly pauseUntil: number;
}

const failuresKept = 1_000;
/** A refresh that fails at once must not be tried at every hit. */
const refreshPause = 1_000;

/** What this process remembers of failed fills. */
export class Failures {
  readonly #registry: StampRegistry;
  readonly #failures = new LRUCache<string, Failure>({ max: failuresKept });

  constructor(registry: StampRegistry) {
    this.#registry = registry;
  }

  /** @param ttl - how long the error is thrown again; 0 or undefined: not at all */
  add(key: CacheKey, error: unknown, now: number, ttl: number | undefined, stamped: Stamped): void {
    const until = ttl !== undefined && ttl > 0 ? now + ttl : now;
    const pauseUntil = Math.max(until, now + refreshPause);
    this.#failures.set(key, { ...stamped, error, since: now, until, pauseUntil });
  }

  /** The error to throw again, wrapped because it may be undefined itself. */
  find(key: CacheKey, now: number): { readonly error: unknown } | undefined {
    const failure = this.#valid(key, now);
    return failure !== undefined && now < failure.until ? failure : undefined;
  }

  isPaused(key: CacheKey, now: number): boolean {
    const failure = this.#valid(key, now);
    return failure !== undefined && now < failure.pauseUntil;
  }

  delete(key: CacheKey): void {
    this.#failures.delete(key);
  }

  clear(): void {
    this.#failures.clear();
  }

  /** An invalidation also forgets the errors of before it, and so does a clock that was set back. */
  #valid(key: CacheKey, now: number): Failure | undefined {
    const failure = this.#failures.get(key);
    if (failure === undefined) return undefined;
    if (now >= failure.since && this.#registry.holds(failure)) return failure;
    this.#failures.delete(key);
    return undefined;
  }
}
