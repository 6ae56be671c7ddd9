import type { CacheParts } from "../cache-parts.ts";
import type { CacheKey } from "../cache-key.ts";
import { classOf } from "../entry-plan.ts";
import type { MemoryEntry } from "../tiers/memory-entry.ts";
import { unavailable } from "../tiers/store-guard.ts";

const noTags: readonly string[] = [];

/** Reads what is there, and fills nothing. */
export class Lookup {
  readonly #parts: CacheParts;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** Fresh entries by key. */
  async find(keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, MemoryEntry>> {
    const { memory, settings, events } = this.#parts;
    const found = new Map<CacheKey, MemoryEntry>();
    const missing: CacheKey[] = [];
    const now = settings.clock.now();
    for (const key of new Set(keys)) {
      const entry = memory.find(key);
      if (entry === undefined || now >= entry.freshUntil) {
        missing.push(key);
        continue;
      }
      events.emit(entry.hit);
      found.set(key, entry);
    }
    if (missing.length > 0) await this.#ask(missing, found);
    if (events.isOpen) this.#tellMisses(missing, found);
    return found;
  }

  async #ask(keys: readonly CacheKey[], found: Map<CacheKey, MemoryEntry>): Promise<void> {
    const { memory, second, settings, events } = this.#parts;
    const { deletions } = memory;
    const started = performance.now();
    second?.synchroniser.start();
    const read =
      second === undefined
        ? unavailable
        : await second.reader.read(keys.map((key) => ({ key, tags: noTags })));
    const milliseconds = performance.now() - started;
    const now = settings.clock.now();
    keys.forEach((key, i) => {
      const entry = read === unavailable ? memory.findUnchecked(key) : read[i];
      if (entry === undefined || now >= entry.freshUntil) return;
      found.set(key, entry);
      const isOwn = read === unavailable;
      // What was read before a deletion may be what was deleted.
      if (!isOwn && memory.deletions === deletions) memory.put(key, entry);
      if (events.isOpen)
        events.emit(isOwn ? entry.hit : { ...entry.hit, tier: "store", milliseconds });
    });
  }

  #tellMisses(asked: readonly CacheKey[], found: ReadonlyMap<CacheKey, MemoryEntry>): void {
    for (const key of asked) {
      if (found.has(key)) continue;
      this.#parts.events.emit({ type: "miss", key, class: classOf(key, undefined) });
    }
  }
}
