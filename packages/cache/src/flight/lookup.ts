import type { CacheKey } from "../cache-key.ts";
import type { CacheParts } from "../cache-parts.ts";
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

  /** One fresh entry per key, in order. */
  async find(keys: readonly CacheKey[]): Promise<(MemoryEntry | undefined)[]> {
    const { memory, settings, events } = this.#parts;
    const now = settings.clock.now();
    const found: (MemoryEntry | undefined)[] = [];
    const missing: number[] = [];
    for (let i = 0; i < keys.length; i++) {
      const entry = memory.find(keys[i]!);
      const isFresh = entry?.isFresh(now) === true;
      found.push(isFresh ? entry : undefined);
      if (isFresh) events.emit(entry.hit);
      else missing.push(i);
    }
    if (missing.length > 0) await this.#ask(keys, missing, found);
    return found;
  }

  /** @param missing - positions in `keys` and `found` */
  async #ask(
    keys: readonly CacheKey[],
    missing: readonly number[],
    found: (MemoryEntry | undefined)[],
  ): Promise<void> {
    const { memory, second, settings, events } = this.#parts;
    const { deletions } = memory;
    const started = performance.now();
    second?.synchroniser.start();
    const read =
      second === undefined
        ? unavailable
        : await second.reader.read(
            missing.map((i) => keys[i]!),
            noTags,
          );
    const milliseconds = performance.now() - started;
    const now = settings.clock.now();
    const isOwn = read === unavailable;
    for (let j = 0; j < missing.length; j++) {
      const i = missing[j]!;
      const key = keys[i]!;
      const entry = isOwn ? memory.findUnchecked(key) : read[j];
      if (entry?.isFresh(now) !== true) {
        if (events.isOpen) events.emit({ type: "miss", key, class: classOf(key, undefined) });
        continue;
      }
      found[i] = entry;
      // What was read before a deletion may be what was deleted.
      if (!isOwn && memory.deletions === deletions) memory.put(key, entry);
      if (!events.isOpen) continue;
      events.emit(isOwn ? entry.hit : { ...entry.hit, tier: "store", milliseconds });
    }
  }
}
