import { LRUCache } from "lru-cache";
import type { CacheKey } from "../cache-key.ts";
import type { StampRegistry } from "../invalidation/stamp-registry.ts";
import type { MemoryEntry } from "./memory-entry.ts";

export interface MemoryTierOptions {
  readonly registry: StampRegistry;
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** What an entry costs beside its value. */
const entryBytes = 400;
/** What it costs for each of its stamps, with a share of the stamp itself. */
const stampBytes = 32;

/** The first tier: the least recently used entries go when either bound is reached. */
export class MemoryTier {
  /** Counts deletions: what was read from elsewhere before one may be what was deleted. */
  deletions: number = 0;
  readonly #registry: StampRegistry;
  readonly #entries: LRUCache<string, MemoryEntry>;

  constructor({ registry, maxBytes, maxEntries }: MemoryTierOptions) {
    this.#registry = registry;
    // Without its ttl: lifetimes have several ends here, and looking them up twice costs a hit double.
    this.#entries = new LRUCache<string, MemoryEntry>({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: ({ bytes, stamps }, key) =>
        bytes + key.length + entryBytes + stamps.length * stampBytes,
    });
  }

  /** What is valid, fresh or not. */
  find(key: CacheKey): MemoryEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.generation === this.#registry.generation) return entry;
    return this.#check(key, entry);
  }

  /** Also what must first be checked against the store because messages were missed. */
  findUnchecked(key: CacheKey): MemoryEntry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#registry.holds(entry) ? entry : undefined;
  }

  /** Once per entry and change of any stamp. */
  #check(key: CacheKey, entry: MemoryEntry): MemoryEntry | undefined {
    if (!this.#registry.holds(entry)) {
      this.#entries.delete(key);
      return undefined;
    }
    if (entry.trust !== this.#registry.trust) return undefined;
    entry.generation = this.#registry.generation;
    return entry;
  }

  /** An entry larger than the whole tier is not kept. */
  put(key: CacheKey, entry: MemoryEntry): void {
    this.#entries.set(key, entry);
  }

  delete(key: CacheKey): void {
    this.deletions++;
    this.#entries.delete(key);
  }

  clear(): void {
    this.deletions++;
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }
}
