import type { Clock } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import { openEntry, type OpenedEntry } from "../codec/entry-codec.ts";
import { classOf, lifetime } from "../entry-plan.ts";
import type { EventSink } from "../event-sink.ts";
import { fingerprintOf } from "../invalidation/fingerprint.ts";
import type { Stamp, StampRegistry } from "../invalidation/stamp-registry.ts";
import { versionOf } from "../invalidation/stored-version.ts";
import type { StoreNames } from "../keys/store-names.ts";
import type { Deadline } from "./deadline.ts";
import { MemoryEntry } from "./memory-entry.ts";
import { type StoreGuard, type Unavailable, unavailable } from "./store-guard.ts";
import { sizeOf } from "./value-size.ts";

export interface StoreReaderParts {
  readonly guard: StoreGuard;
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly events: EventSink;
  readonly clock: Clock;
}

export interface ReadRequest {
  readonly key: CacheKey;
  /** As far as the caller knows them; those that the entry names are looked up as well. */
  readonly tags: readonly string[];
}

/** By stamp, in this one answer of the store; undefined where the store has none. */
type Versions = Map<Stamp, number | undefined>;

/** Reads entries of the second tier, each together with the stamps that make it valid. */
export class StoreReader {
  readonly #parts: StoreReaderParts;

  constructor(parts: StoreReaderParts) {
    this.#parts = parts;
  }

  /** @returns per key what is valid, stale or not; damaged values are told as events */
  async read(
    requests: readonly ReadRequest[],
    deadline: Deadline,
  ): Promise<(MemoryEntry | undefined)[] | Unavailable> {
    const { registry, names } = this.#parts;
    const { trust } = registry;
    const stamps = new Set<Stamp>();
    for (const { key, tags } of requests) {
      for (const stamp of registry.ofEntry(key, tags)) stamps.add(stamp);
    }
    const valueNames = requests.map(({ key }) => names.value(key));
    const values = await this.#fetch(valueNames, [...stamps], deadline);
    if (values === unavailable) return unavailable;
    const { bytes, versions } = values;
    const opened = requests.map(({ key }, i) => this.#open(key, bytes[i]));
    const known = await this.#fetchNamed(opened, versions, deadline);
    if (known === unavailable) return unavailable;
    const entries = opened.map(
      (entry, i) => entry && this.#accept(requests[i]!.key, entry, versions, trust),
    );
    return entries.some((entry) => entry instanceof Promise)
      ? Promise.all(entries)
      : (entries as (MemoryEntry | undefined)[]);
  }

  /** Values and stamps in one call; what it says of stamps is remembered. */
  async #fetch(valueNames: readonly string[], stamps: readonly Stamp[], deadline: Deadline) {
    const { guard, names, registry } = this.#parts;
    const wanted = [...valueNames, ...stamps.map(({ name }) => names.stamp(name))];
    const answer = await guard.run("read", deadline.left(), (store, signal) =>
      store.getMany(wanted, { signal }),
    );
    if (answer === unavailable) return unavailable;
    const versions: Versions = new Map();
    stamps.forEach((stamp, i) => {
      const version = versionOf(answer[valueNames.length + i]);
      versions.set(stamp, version);
      if (version !== undefined) registry.learn(stamp, version);
    });
    return { bytes: answer, versions };
  }

  /** The stamps of tags that only the entries themselves name. */
  async #fetchNamed(
    opened: readonly (OpenedEntry | undefined)[],
    versions: Versions,
    deadline: Deadline,
  ): Promise<Unavailable | undefined> {
    const { registry } = this.#parts;
    const missing = new Set<Stamp>();
    for (const entry of opened) {
      for (const tag of entry?.tags ?? []) {
        const stamp = registry.tag(tag);
        if (!versions.has(stamp)) missing.add(stamp);
      }
    }
    if (missing.size === 0) return undefined;
    const answer = await this.#fetch([], [...missing], deadline);
    if (answer === unavailable) return unavailable;
    for (const [stamp, version] of answer.versions) versions.set(stamp, version);
    return undefined;
  }

  #open(key: CacheKey, bytes: Uint8Array | undefined): OpenedEntry | undefined {
    if (bytes === undefined) return undefined;
    try {
      return openEntry(key, bytes);
    } catch (error) {
      return this.#corrupt(error);
    }
  }

  #accept(
    key: CacheKey,
    opened: OpenedEntry,
    versions: Versions,
    trust: number,
  ): MemoryEntry | undefined | Promise<MemoryEntry | undefined> {
    const { registry, clock } = this.#parts;
    const life = lifetime(opened.createdAt, opened);
    if (clock.now() >= life.errorUntil || registry.deleted.has(key)) return undefined;
    const stamps = registry.ofEntry(key, opened.tags);
    const found: number[] = [];
    for (const stamp of stamps) {
      const version = versions.get(stamp);
      if (version === undefined) return undefined;
      found.push(version);
    }
    // The second comparison tells what was invalidated here and has not reached the store.
    if (fingerprintOf(found) !== opened.fingerprint) return undefined;
    if (!registry.holds({ stamps, versions: found })) return undefined;
    const make = (value: unknown): MemoryEntry =>
      new MemoryEntry(
        {
          ...life,
          key,
          class: classOf(key, opened.class),
          value,
          bytes: sizeOf(value),
          savings: opened.savings,
          duration: opened.duration,
          stamps,
          versions: found,
        },
        { generation: registry.generation, trust },
      );
    try {
      const value = opened.value();
      return value instanceof Promise
        ? value.then(make, (error: unknown) => this.#corrupt(error))
        : make(value);
    } catch (error) {
      return this.#corrupt(error);
    }
  }

  #corrupt(error: unknown): undefined {
    this.#parts.events.emit({ type: "store-error", operation: "read", reason: "corrupt", error });
    return undefined;
  }
}
