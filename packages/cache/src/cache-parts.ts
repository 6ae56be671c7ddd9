import type { CacheKey } from "./cache-key.ts";
import { EventSink } from "./event-sink.ts";
import { Background } from "./flight/background.ts";
import { Failures } from "./flight/failures.ts";
import { Flights } from "./flight/flights.ts";
import type { Relations } from "./invalidation/relations.ts";
import { StampRegistry } from "./invalidation/stamp-registry.ts";
import { type CacheSettings, cacheSettings, type TieredCacheOptions } from "./options.ts";
import { MemoryTier } from "./tiers/memory-tier.ts";
import { createSecondTier, type SecondTier } from "./tiers/second-tier.ts";

/** What the parts of one cache share. */
export interface CacheParts {
  readonly settings: CacheSettings;
  readonly registry: StampRegistry;
  readonly memory: MemoryTier;
  readonly flights: Flights;
  readonly failures: Failures;
  readonly background: Background;
  readonly events: EventSink;
  readonly second: SecondTier | undefined;
}

/**
 * @param forget - forgets entries of this process that another one deleted
 * @throws `E_INVALID_INPUT` naming the option
 */
export function createParts<R extends Relations>(
  options: TieredCacheOptions<R>,
  forget: (keys: readonly CacheKey[]) => void,
): CacheParts {
  const settings = cacheSettings(options);
  const registry = new StampRegistry();
  const events = new EventSink(options.onEvent);
  const { store } = options;
  return {
    settings,
    registry,
    events,
    memory: new MemoryTier({ registry, ...settings }),
    flights: new Flights(registry),
    failures: new Failures(registry),
    background: new Background(),
    second: store && createSecondTier({ store, settings, registry, events, forget }),
  };
}
