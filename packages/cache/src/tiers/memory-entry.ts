import type { Savings } from "../cache.ts";
import type { CacheHitEvent } from "../cache-event.ts";
import type { CacheKey } from "../cache-key.ts";
import type { Stamp, Stamped } from "../invalidation/stamp-registry.ts";

/** When an entry is what. Epoch milliseconds. */
export interface Lifetime {
  /** Before then the clock was set back: how old the entry is cannot be told. */
  readonly knownFrom: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** Until then it stands in for a refresh that failed. */
  readonly errorUntil: number;
}

export interface MemoryEntryInput extends Lifetime, Stamped {
  readonly key: CacheKey;
  readonly class: string;
  readonly value: unknown;
  readonly bytes: number;
  readonly savings: Savings | undefined;
  /** Milliseconds that the fill took. */
  readonly duration: number;
}

/** What an entry is good for at a moment. */
export type Phase = "fresh" | "stale" | "stale-if-error" | "over";

/**
 * Natural logarithms of random numbers down to this one: early refreshes that are less likely than
 * one in 22,000 are left out, so that most hits need not draw.
 */
const rarest = 10;
/** Messages may have been missed, or stamps may have changed, while an entry was made. */
const unchecked = -1;

/** One entry of the first tier. What a hit reads is laid out so that a hit computes nothing. */
export class MemoryEntry implements Stamped {
  readonly value: unknown;
  readonly bytes: number;
  readonly stamps: readonly Stamp[];
  readonly versions: readonly number[];
  readonly knownFrom: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly errorUntil: number;
  readonly duration: number;
  /** The registry's when the entry was last found valid. */
  generation: number = unchecked;
  readonly trust: number;
  readonly key: CacheKey;
  readonly class: string;
  readonly savings: Savings | undefined;
  #hit: CacheHitEvent | undefined;

  /** @param trust - the registry's when the stamps were read */
  constructor(input: MemoryEntryInput, trust: number) {
    this.value = input.value;
    this.bytes = input.bytes;
    this.stamps = input.stamps;
    this.versions = input.versions;
    this.knownFrom = input.knownFrom;
    this.freshUntil = input.freshUntil;
    this.staleUntil = input.staleUntil;
    this.errorUntil = input.errorUntil;
    this.duration = input.duration;
    this.trust = trust;
    this.key = input.key;
    this.class = input.class;
    this.savings = input.savings;
  }

  isFresh(now: number): boolean {
    return now < this.freshUntil && now >= this.knownFrom;
  }

  phaseAt(now: number): Phase {
    if (now >= this.errorUntil || now < this.knownFrom) return "over";
    if (now < this.freshUntil) return "fresh";
    return now < this.staleUntil ? "stale" : "stale-if-error";
  }

  /** Told for each hit; made once. */
  get hit(): CacheHitEvent {
    this.#hit ??= {
      type: "hit",
      key: this.key,
      class: this.class,
      tier: "memory",
      state: "fresh",
      bytes: this.bytes,
      milliseconds: 0,
      savings: this.savings,
    };
    return this.#hit;
  }

  /** Whether this hit should start a refresh: more likely the nearer the end and the dearer the fill. */
  isDueEarly(now: number, beta: number, random: () => number): boolean {
    const reach = Math.max(1, this.duration) * beta;
    if (now < this.freshUntil - reach * rarest) return false;
    return now - reach * Math.log(Math.max(random(), Number.MIN_VALUE)) >= this.freshUntil;
  }
}
