import type { FillOptions } from "../cache.ts";
import type { CacheParts } from "../cache-parts.ts";
import type { CacheKey } from "../cache-key.ts";
import { classOf } from "../entry-plan.ts";
import type { MemoryEntry } from "../tiers/memory-entry.ts";

/** What this process can answer without asking anybody. */
export class AtHand {
  readonly #parts: CacheParts;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /**
   * A value, a promise of one that somebody else is waiting for, or of a remembered error.
   * @param refresh - is called with the entry that should be refreshed behind the caller
   */
  answer(
    key: CacheKey,
    options: FillOptions,
    refresh: (behind: MemoryEntry) => void,
  ): { readonly value: unknown } | undefined {
    const { memory, failures, flights, settings, events } = this.#parts;
    const now = settings.clock.now();
    const entry = options.refresh === true ? undefined : memory.find(key);
    const failure = failures.find(key, now);
    const served = entry && this.#serve(entry, now, failure !== undefined, options, refresh);
    if (served !== undefined) return { value: served.value };
    if (failure !== undefined && options.refresh !== true) {
      events.emit({ type: "negative-hit", key, class: classOf(key, options.class) });
      return { value: rejected(failure.error) };
    }
    const flight = flights.get(key);
    if (flight === undefined) return undefined;
    events.emit({ type: "join", key, class: classOf(key, options.class) });
    return { value: flight.join(options.signal) };
  }

  #serve(
    entry: MemoryEntry,
    now: number,
    hasFailed: boolean,
    options: FillOptions,
    refresh: (behind: MemoryEntry) => void,
  ): MemoryEntry | undefined {
    const { events, settings } = this.#parts;
    const phase = entry.phaseAt(now);
    if (phase === "fresh") {
      const { earlyRefresh = 0 } = options;
      if (earlyRefresh > 0 && entry.isDueEarly(now, earlyRefresh, settings.random)) refresh(entry);
      events.emit(entry.hit);
      return entry;
    }
    if (phase === "over" || (phase === "stale-if-error" && !hasFailed)) return undefined;
    if (phase === "stale") refresh(entry);
    events.emit({ ...entry.hit, state: phase });
    return entry;
  }
}

/** Handled here, in case that the caller fails before it gets to wait. */
function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(() => undefined);
  return promise;
}
