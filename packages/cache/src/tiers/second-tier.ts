import type { KeyValueStore } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import type { EventSink } from "../event-sink.ts";
import { FleetTurns } from "../flight/fleet-turn.ts";
import { InvalidationBus } from "../invalidation/invalidation-bus.ts";
import { StoreInvalidation } from "../invalidation/store-invalidation.ts";
import { Sequence } from "../invalidation/sequence.ts";
import type { StampRegistry } from "../invalidation/stamp-registry.ts";
import { Synchroniser } from "../invalidation/synchroniser.ts";
import { StoreNames } from "../keys/store-names.ts";
import type { CacheSettings } from "../options.ts";
import { StoreGuard } from "./store-guard.ts";
import { StoreReader } from "./store-reader.ts";
import { StoreWriter } from "./store-writer.ts";

/** Everything that works on the store that processes share. */
export interface SecondTier {
  readonly names: StoreNames;
  readonly guard: StoreGuard;
  readonly reader: StoreReader;
  readonly writer: StoreWriter;
  readonly turns: FleetTurns;
  readonly invalidation: StoreInvalidation;
  readonly bus: InvalidationBus;
  readonly synchroniser: Synchroniser;
}

export interface SecondTierInput {
  readonly store: KeyValueStore;
  readonly settings: CacheSettings;
  readonly registry: StampRegistry;
  readonly events: EventSink;
  /** Forgets entries of this process. */
  readonly forget: (keys: readonly CacheKey[]) => void;
}

export function createSecondTier({
  store,
  settings,
  registry,
  events,
  forget,
}: SecondTierInput): SecondTier {
  const { clock, random, deadline, invalidationDeadline, compressAbove, syncInterval } = settings;
  const names = new StoreNames(settings.namespace);
  const guard = new StoreGuard({
    store,
    events,
    failures: settings.breakAfter,
    // Each round of the synchroniser is one probe; timers are not exact.
    probeAfter: Math.floor(syncInterval / 2),
  });
  const sequence = new Sequence();
  const common = { guard, names, registry, events, clock, random, deadline };
  const bus = new InvalidationBus({ names, registry, sequence, events, forget });
  const invalidation = new StoreInvalidation({ ...common, bus, deadline: invalidationDeadline });
  return {
    names,
    guard,
    bus,
    invalidation,
    reader: new StoreReader(common),
    writer: new StoreWriter({ ...common, compressAbove }),
    turns: new FleetTurns({ guard, random, lease: settings.lease, deadline }),
    synchroniser: new Synchroniser({
      ...common,
      sequence,
      bus,
      invalidation,
      interval: syncInterval,
    }),
  };
}
