import { type Clock, systemClock } from "@palimpsest/core";
import type { CacheEvent, CacheHitEvent } from "../cache-event.ts";
import type { Savings } from "../cache.ts";
import { Unstored } from "../unstored.ts";
import {
  type CounterName,
  emptyCounters,
  type MutableCounters,
  type StatisticsSnapshot,
} from "./counters.ts";
import { latencyBucketOf } from "./latency.ts";

export interface CacheStatisticsOptions {
  readonly clock?: Clock;
  /** Classes beyond this many are counted together as `(other)`. @defaultValue 500 */
  readonly maxClasses?: number;
}

/** Counts errors of the second tier, which belong to no class. */
export const storeClass = "(store)";
const otherClass = "(other)";

/**
 * Counts what a cache does, per class, in about 1.5 KB for each: pass `record` as the cache's `onEvent`.
 * A `join` counts as a call saved, without tokens or money, which are known of hits only.
 */
export class CacheStatistics {
  readonly #clock: Clock;
  readonly #maxClasses: number;
  readonly #classes = new Map<string, MutableCounters>();

  constructor({ clock = systemClock, maxClasses = 500 }: CacheStatisticsOptions = {}) {
    this.#clock = clock;
    this.#maxClasses = maxClasses;
  }

  readonly record = (event: CacheEvent): void => {
    switch (event.type) {
      case "hit":
        countHit(this.#countersOf(event.class), event);
        return;
      case "miss":
        this.#countersOf(event.class).misses += 1;
        return;
      case "join":
        this.#countersOf(event.class).joins += 1;
        return;
      case "negative-hit":
        this.#countersOf(event.class).negativeHits += 1;
        return;
      case "fill": {
        const counters = this.#countersOf(event.class);
        counters.bytes += event.bytes;
        if (event.changed === true) counters.changed += 1;
        if (event.changed === false) counters.unchanged += 1;
        countFill(counters, event);
        return;
      }
      case "fill-error":
        countFailure(this.#countersOf(event.class), event);
        return;
      case "store-error":
        this.#countersOf(storeClass).errors += 1;
    }
  };

  /** Adds what no event tells, such as the cost of an embedding as `spentCost`. */
  adjust(className: string, counts: Partial<Record<CounterName, number>>): void {
    const counters = this.#countersOf(className);
    for (const [name, count] of Object.entries(counts)) counters[name as CounterName] += count;
  }

  /** Everything counted so far, as a copy. */
  snapshot(): StatisticsSnapshot {
    return { at: this.#clock.now(), classes: structuredClone(Object.fromEntries(this.#classes)) };
  }

  #countersOf(name: string): MutableCounters {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    if (this.#classes.size >= this.#maxClasses && name !== otherClass) {
      return this.#countersOf(otherClass);
    }
    const counters = emptyCounters();
    this.#classes.set(name, counters);
    return counters;
  }
}

function countHit(
  counters: MutableCounters,
  { state, milliseconds, savings }: CacheHitEvent,
): void {
  if (state === "fresh") counters.hits += 1;
  else counters.staleHits += 1;
  counters.hitMilliseconds += milliseconds;
  increment(counters.hitLatency, milliseconds);
  countSavings(counters, savings);
}

/** A fill that throws its value has not failed. */
function countFailure(
  counters: MutableCounters,
  event: CacheEvent & { readonly type: "fill-error" },
): void {
  const { error } = event;
  if (!(error instanceof Unstored)) {
    counters.errors += 1;
  } else if (error.isNear) {
    // One request was told as the miss of its own key and the hit of another.
    counters.misses -= 1;
    counters.hits -= 1;
    counters.nearHits += 1;
  } else {
    counters.unstored += 1;
    countFill(counters, event);
  }
}

function countFill(
  counters: MutableCounters,
  { background, milliseconds }: { readonly background: boolean; readonly milliseconds: number },
): void {
  if (background) counters.backgroundFills += 1;
  else counters.fills += 1;
  counters.fillMilliseconds += milliseconds;
  increment(counters.fillLatency, milliseconds);
}

function countSavings(counters: MutableCounters, savings: Savings | undefined): void {
  if (savings === undefined) return;
  counters.savedTokens += savings.tokens ?? 0;
  counters.savedCost += savings.cost ?? 0;
}

function increment(latency: number[], milliseconds: number): void {
  const bucket = latencyBucketOf(milliseconds);
  latency[bucket] = (latency[bucket] ?? 0) + 1;
}
