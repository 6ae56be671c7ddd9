import { PalimpsestError } from "@palimpsest/core";
import type { EntryOptions, Savings } from "./cache.ts";
import type { CacheKey } from "./cache-key.ts";
import type { EventSink } from "./event-sink.ts";
import { prefixOf } from "./keys/store-names.ts";
import type { Lifetime } from "./tiers/memory-entry.ts";

/** Longer lives end in the year 2255: a mistake, or seconds taken for milliseconds twice. */
const longest = 2 ** 43;
const noTags: readonly string[] = [];
/** Clocks are put right by less than this, and readings of the time are shared for less. */
const clockTolerance = 1_000;

/** How an entry that is about to be made will live. Durations are milliseconds. */
export interface EntryPlan {
  readonly ttl: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly jitter: number;
  readonly tags: readonly string[];
  /** Undefined: the key's prefix. */
  readonly class: string | undefined;
  readonly savings: EntryOptions["savings"];
}

/** @throws `E_INVALID_INPUT` naming the option */
export function entryPlan(options: EntryOptions): EntryPlan {
  const { ttl, staleWhileRevalidate = 0, staleIfError = 0, jitter = 0.1, tags = noTags } = options;
  const { earlyRefresh = 0 } = options;
  checkDuration("ttl", ttl, 1);
  checkDuration("staleWhileRevalidate", staleWhileRevalidate, 0);
  checkDuration("staleIfError", staleIfError, 0);
  if (!(jitter >= 0 && jitter < 1)) {
    throw new PalimpsestError("E_INVALID_INPUT", `jitter must be from 0 to below 1, got ${jitter}`);
  }
  if (!(earlyRefresh >= 0 && earlyRefresh < Number.POSITIVE_INFINITY)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `earlyRefresh must be a number from 0 on, of which 1 is usual, got ${earlyRefresh}`,
    );
  }
  return {
    ttl: Math.round(ttl),
    staleWhileRevalidate: Math.round(staleWhileRevalidate),
    staleIfError: Math.round(staleIfError),
    jitter,
    tags: checkTags(tags),
    class: options.class,
    savings: options.savings,
  };
}

/** Each tag once. @throws `E_INVALID_INPUT` */
export function checkTags(tags: readonly string[]): readonly string[] {
  for (const tag of tags) {
    if (typeof tag === "string" && tag !== "" && tag.isWellFormed()) continue;
    throw new PalimpsestError("E_INVALID_INPUT", "a tag must be a non-empty, well-formed string");
  }
  return tags.length > 1 ? [...new Set(tags)] : tags;
}

export function lifetime(
  createdAt: number,
  plan: Pick<EntryPlan, "ttl" | "staleWhileRevalidate" | "staleIfError">,
): Lifetime {
  const freshUntil = createdAt + plan.ttl;
  const staleUntil = freshUntil + plan.staleWhileRevalidate;
  const errorUntil = staleUntil + plan.staleIfError;
  return { knownFrom: createdAt - clockTolerance, freshUntil, staleUntil, errorUntil };
}

export function classOf(key: CacheKey, own: string | undefined): string {
  return own ?? prefixOf(key);
}

export function savingsOf(plan: EntryPlan, value: unknown, events: EventSink): Savings | undefined {
  return unlessThrown("savings", () => plan.savings?.(value), events);
}

export function negativeTtlOf(
  negativeTtl: EntryOptions["negativeTtl"],
  failure: unknown,
  events: EventSink,
): number | undefined {
  return unlessThrown("negativeTtl", () => negativeTtl?.(failure), events);
}

/** A mistake in the application's own reckoning costs it neither the value that it paid for nor the error. */
function unlessThrown<T>(name: string, reckon: () => T, events: EventSink): T | undefined {
  try {
    return reckon();
  } catch (error) {
    events.warn(`the cache's ${name} function threw`, error);
    return undefined;
  }
}

function checkDuration(name: string, ms: number, least: number): void {
  if (ms >= least && ms <= longest) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} of a cache entry must be milliseconds from ${least} to ${longest}, got ${ms}`,
  );
}
