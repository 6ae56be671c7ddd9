import { type Clock, type KeyValueStore, PalimpsestError } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import type { StoreNames } from "../keys/store-names.ts";
import { fetchMany } from "../tiers/fetch-many.ts";
import type { StoreGuard } from "../tiers/store-guard.ts";
import type { InvalidationBus } from "./invalidation-bus.ts";
import { everythingName, type Stamp, type StampRegistry } from "./stamp-registry.ts";
import { firstVersion, stampTtl, versionOf } from "./stored-version.ts";

export interface StoreInvalidationParts {
  readonly guard: StoreGuard;
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly bus: InvalidationBus;
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds. */
  readonly deadline: number;
}

/** More that wait for the store than this are replaced by one invalidation of everything. */
const mostUnconfirmed = 10_000;
/** Counters of deletions live longer than any fill takes. */
const slotTtl = 3_600_000;
const keysPerMessage = 500;

/** Carries to the store, and to other processes, what was invalidated in this one. */
export class StoreInvalidation {
  readonly #parts: StoreInvalidationParts;
  readonly #stamps = new Set<Stamp>();
  readonly #keys = new Set<CacheKey>();

  constructor(parts: StoreInvalidationParts) {
    this.#parts = parts;
  }

  /** To be called when this process has invalidated them. @throws `E_UNAVAILABLE` */
  async stamps(stamps: readonly Stamp[]): Promise<void> {
    await this.#insist(
      (store, signal) => this.#count(store, signal, stamps),
      () => {
        for (const stamp of stamps) this.#stamps.add(stamp);
      },
    );
  }

  /** To be called when this process has deleted them. @throws `E_UNAVAILABLE` */
  async keys(keys: readonly CacheKey[]): Promise<void> {
    for (const key of keys) this.#parts.registry.deleted.add(key);
    await this.#insist(
      (store, signal) => this.#delete(store, signal, keys),
      () => {
        for (const key of keys) this.#keys.add(key);
      },
    );
  }

  /** To be called when another value of a key is in the store: others forget theirs. Never throws. */
  async replaced(key: CacheKey): Promise<void> {
    const { guard, deadline, bus } = this.#parts;
    await guard.run("invalidate", deadline, (store, signal) =>
      bus.announce(store, signal, { stamps: [], keys: [key] }),
    );
  }

  /** Tries again what the store has not confirmed. For the background: failures are events. */
  async retry(): Promise<void> {
    const { guard, deadline } = this.#parts;
    const [stamps, keys] = [[...this.#stamps], [...this.#keys]];
    if (stamps.length === 0 && keys.length === 0) return;
    await guard.run("invalidate", deadline, async (store, signal) => {
      if (stamps.length > 0) await this.#count(store, signal, stamps);
      if (keys.length > 0) await this.#delete(store, signal, keys);
    });
  }

  /** @param remember - what failed, for `retry` */
  async #insist(
    call: (store: KeyValueStore, signal: AbortSignal) => Promise<void>,
    remember: () => void,
  ): Promise<void> {
    const { guard, deadline } = this.#parts;
    try {
      await guard.insist("invalidate", deadline, call);
    } catch (cause) {
      remember();
      this.#limit();
      throw new PalimpsestError(
        "E_UNAVAILABLE",
        "the cache's second tier did not confirm an invalidation; this process has forgotten the entries and goes on telling the others, so repeat the call only to wait for them",
        { cause },
      );
    }
  }

  async #count(store: KeyValueStore, signal: AbortSignal, stamps: readonly Stamp[]): Promise<void> {
    const { names, registry, clock, random, bus } = this.#parts;
    const serials = stamps.map(({ version }) => version);
    const own = stamps.map(({ name }) => names.stamp(name));
    const present = await fetchMany(store, own, signal);
    const versions = await Promise.all(
      stamps.map((stamp, i) => {
        const by = versionOf(present[i]) === undefined ? firstVersion(clock) : 1;
        return store.increment(own[i]!, by, { signal, ...stampTtl(stamp, random) });
      }),
    );
    stamps.forEach((stamp, i) => {
      registry.confirm(stamp, serials[i]!, versions[i]!);
      if (stamp.version > 0) this.#stamps.delete(stamp);
    });
    await bus.announce(store, signal, {
      stamps: stamps.map(({ name }, i) => [name, versions[i]!] as const),
      keys: [],
    });
  }

  async #delete(
    store: KeyValueStore,
    signal: AbortSignal,
    keys: readonly CacheKey[],
  ): Promise<void> {
    const { names, registry, bus } = this.#parts;
    const slots = [...new Set(keys.map((key) => names.slot(key)))];
    // Counted first: whoever writes an older value now finds that out afterwards.
    await Promise.all(slots.map((slot) => store.increment(slot, 1, { ttl: slotTtl, signal })));
    await store.delete(
      keys.map((key) => names.value(key)),
      { signal },
    );
    for (const key of keys) {
      registry.deleted.delete(key);
      this.#keys.delete(key);
    }
    for (let i = 0; i < keys.length; i += keysPerMessage) {
      await bus.announce(store, signal, { stamps: [], keys: keys.slice(i, i + keysPerMessage) });
    }
  }

  /** Keeps an outage from growing the memory: one stamp then stands for all that waits. */
  #limit(): void {
    const { registry } = this.#parts;
    if (this.#stamps.size + this.#keys.size <= mostUnconfirmed) return;
    const everything = registry.get(everythingName);
    registry.invalidate([everything]);
    for (const stamp of this.#stamps) if (stamp !== everything) registry.forget(stamp);
    for (const key of this.#keys) registry.deleted.delete(key);
    this.#keys.clear();
    this.#stamps.clear();
    this.#stamps.add(everything);
  }
}
