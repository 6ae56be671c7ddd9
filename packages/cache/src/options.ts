import {
  type Clock,
  type KeyValueStore,
  PalimpsestError,
  randomShare,
  systemClock,
} from "@palimpsest/core";
import type { CacheEvent } from "./cache-event.ts";
import type { Relations } from "./invalidation/relations.ts";

/** All durations are milliseconds. */
export interface TieredCacheOptions<R extends Relations = Relations> {
  /** Bounds of the first tier. Both hold. */
  readonly memory?: {
    /** Estimated size of keys and values. @defaultValue 64 MiB */
    readonly maxBytes?: number;
    /** @defaultValue 10,000 */
    readonly maxEntries?: number;
  };
  /** The second tier, shared by processes; opened and closed by its owner. @defaultValue none */
  readonly store?: KeyValueStore;
  /** Caches with one namespace on one store share their entries. @defaultValue `"cache"` */
  readonly namespace?: string;
  /**
   * The longest that a call waits for an answer of the second tier. After one that is late or fails
   * the call asks nothing more. @defaultValue 25
   */
  readonly deadline?: number;
  /** The longest that an invalidation waits to be confirmed before it throws. @defaultValue 1,000 */
  readonly invalidationDeadline?: number;
  /** Failures of the second tier in a row after which it is left alone. @defaultValue 3 */
  readonly breakAfter?: number;
  /**
   * How often, in the background, the second tier is asked for invalidations of which no message
   * came, and probed while it is left alone. An invalidation elsewhere is heard of at once where the
   * store has channels, and after two of these at the latest. @defaultValue 1,000
   */
  readonly syncInterval?: number;
  /**
   * After the death of a process that fills, another one takes over within this time; a living one
   * renews its lease. @defaultValue 2,000
   */
  readonly lease?: number;
  /** Values of more bytes are compressed for the second tier. @defaultValue 4,096 */
  readonly compressAbove?: number;
  /** Which tags a changed record invalidates, by its kind: see `invalidateRelated`. */
  readonly relations?: R;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** In [0, 1); for jitter and early refreshes. @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Called in the middle of calls: be quick. @defaultValue nobody listens */
  readonly onEvent?: (event: CacheEvent) => void;
}

export interface CacheSettings {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly namespace: string;
  readonly deadline: number;
  readonly invalidationDeadline: number;
  readonly breakAfter: number;
  readonly syncInterval: number;
  readonly lease: number;
  readonly compressAbove: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A timer of more milliseconds would ring at once. */
const longestTimer = 2 ** 31 - 1;

/** @throws `E_INVALID_INPUT` naming the option */
export function cacheSettings<R extends Relations>(options: TieredCacheOptions<R>): CacheSettings {
  const { memory = {} } = options;
  return {
    maxBytes: whole("memory.maxBytes", memory.maxBytes ?? 64 * 2 ** 20),
    maxEntries: whole("memory.maxEntries", memory.maxEntries ?? 10_000),
    namespace: options.namespace ?? "cache",
    deadline: whole("deadline", options.deadline ?? 25, longestTimer),
    invalidationDeadline: whole(
      "invalidationDeadline",
      options.invalidationDeadline ?? 1_000,
      longestTimer,
    ),
    breakAfter: whole("breakAfter", options.breakAfter ?? 3),
    syncInterval: whole("syncInterval", options.syncInterval ?? 1_000, longestTimer),
    lease: whole("lease", options.lease ?? 2_000, longestTimer),
    compressAbove: whole("compressAbove", options.compressAbove ?? 4_096),
    clock: options.clock ?? systemClock,
    random: () => randomShare(options.random ?? Math.random),
  };
}

function whole(name: string, value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} of a cache must be a whole number from 1 to ${most}, got ${value}`,
  );
}
