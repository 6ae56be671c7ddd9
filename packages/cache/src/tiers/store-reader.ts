import type { Clock } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import { openEntry, type OpenedEntry } from "../codec/entry-codec.ts";
import { classOf, lifetime } from "../entry-plan.ts";
import type { EventSink } from "../event-sink.ts";
import { fingerprintOf } from "../invalidation/fingerprint.ts";
import type { Stamp, StampRegistry } from "../invalidation/stamp-registry.ts";
import { versionOf } from "../invalidation/stored-version.ts";
import type { StoreNames } from "../keys/store-names.ts";
import { fetchMany } from "./fetch-many.ts";
import { type Lifetime, MemoryEntry } from "./memory-entry.ts";
import { type StoreGuard, type Unavailable, unavailable } from "./store-guard.ts";
import { sizeOf, sizeOfStored } from "./value-size.ts";

export interface StoreReaderParts {
  readonly guard: StoreGuard;
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly events: EventSink;
  readonly clock: Clock;
  /** Milliseconds for one question. */
  readonly deadline: number;
}

/** What the store said of stamps in one answer; undefined where it has none. */
type Versions = Map<Stamp, number | undefined>;

/** The stamps of an entry with their versions in the store; undefined when nothing can be valid. */
interface Standing {
  readonly stamps: readonly Stamp[];
  readonly versions: readonly number[];
  readonly fingerprint: number;
  /** Of entries without a class of their own. */
  readonly class: string;
}

/** Reads entries of the second tier, each together with the stamps that make it valid. */
export class StoreReader {
  readonly #parts: StoreReaderParts;

  constructor(parts: StoreReaderParts) {
    this.#parts = parts;
  }

  /**
   * @param tags - of the keys, as far as the caller knows them; those that an entry names are
   * looked up as well
   * @returns per key what is valid, stale or not; damaged values are told as events
   */
  async read(
    keys: readonly CacheKey[],
    tags: readonly string[],
  ): Promise<(MemoryEntry | undefined)[] | Unavailable> {
    const { registry, names } = this.#parts;
    const { trust } = registry;
    // Keys in a row mostly have one list of stamps, the same object.
    const own = keys.map((key) => registry.ofKey(key));
    const stamps = new Set<Stamp>(tags.map((tag) => registry.tag(tag)));
    for (let i = 0; i < keys.length; i++) {
      if (own[i] !== own[i - 1]) for (const stamp of own[i]!) stamps.add(stamp);
    }
    const valueNames = keys.map((key) => names.value(key));
    const answer = await this.#fetch(valueNames, [...stamps]);
    if (answer === unavailable) return unavailable;
    const opened = keys.map((key, i) => this.#open(key, answer.bytes[i]));
    const known = await this.#fetchNamed(opened, answer.versions);
    if (known === unavailable) return unavailable;
    const acceptor = new Acceptor(this.#parts, answer.versions, trust);
    const entries: (MemoryEntry | undefined)[] = [];
    for (let i = 0; i < keys.length; i++) {
      const found = opened[i];
      const entry = found && acceptor.accept(keys[i]!, own[i]!, found);
      entries.push(entry instanceof Promise ? await entry : entry);
    }
    return entries;
  }

  /** Values and stamps in one call; what it says of stamps is remembered. */
  async #fetch(valueNames: readonly string[], stamps: readonly Stamp[]) {
    const { guard, names, registry, deadline } = this.#parts;
    const wanted = [...valueNames, ...stamps.map(({ name }) => names.stamp(name))];
    const answer = await guard.run("read", deadline, (store, signal) =>
      fetchMany(store, wanted, signal),
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
  ): Promise<Unavailable | undefined> {
    const { registry } = this.#parts;
    const missing = new Set<Stamp>();
    for (const entry of opened) {
      if (entry === undefined) continue;
      for (const tag of entry.tags) {
        const stamp = registry.tag(tag);
        if (!versions.has(stamp)) missing.add(stamp);
      }
    }
    if (missing.size === 0) return undefined;
    const answer = await this.#fetch([], [...missing]);
    if (answer === unavailable) return unavailable;
    for (const [stamp, version] of answer.versions) versions.set(stamp, version);
    return undefined;
  }

  #open(key: CacheKey, bytes: Uint8Array | undefined): OpenedEntry | undefined {
    if (bytes === undefined) return undefined;
    try {
      return openEntry(key, bytes);
    } catch (error) {
      return tellCorrupt(this.#parts.events, error);
    }
  }
}

/** Tells which entries of one answer are valid. Most of a batch have their stamps in common. */
class Acceptor {
  readonly #parts: StoreReaderParts;
  readonly #versions: Versions;
  readonly #trust: number;
  readonly #now: number;
  /** By the stamps of keys, for entries without tags. */
  readonly #standings = new Map<readonly Stamp[], Standing | undefined>();

  constructor(parts: StoreReaderParts, versions: Versions, trust: number) {
    this.#parts = parts;
    this.#versions = versions;
    this.#trust = trust;
    this.#now = parts.clock.now();
  }

  /** @param own - the stamps of the key */
  accept(
    key: CacheKey,
    own: readonly Stamp[],
    opened: OpenedEntry,
  ): MemoryEntry | undefined | Promise<MemoryEntry | undefined> {
    const { registry, events } = this.#parts;
    // Another process's clock may be ahead: nothing lives longer than its ttl from now.
    const life = lifetime(Math.min(opened.createdAt, this.#now), opened);
    if (this.#now >= life.errorUntil || registry.deleted.has(key)) return undefined;
    const standing = this.#standing(key, own, opened.tags);
    if (standing?.fingerprint !== opened.fingerprint) return undefined;
    try {
      const value = opened.value();
      if (!(value instanceof Promise)) {
        const bytes = sizeOfStored(value, opened.valueBytes);
        return this.#entry(key, opened, life, standing, value, bytes);
      }
      return value.then(
        (unpacked: unknown) => this.#entry(key, opened, life, standing, unpacked, sizeOf(unpacked)),
        (error: unknown) => tellCorrupt(events, error),
      );
    } catch (error) {
      return tellCorrupt(events, error);
    }
  }

  #entry(
    key: CacheKey,
    opened: OpenedEntry,
    life: Lifetime,
    { stamps, versions, class: usual }: Standing,
    value: unknown,
    bytes: number,
  ): MemoryEntry {
    const { savings, duration } = opened;
    return new MemoryEntry(
      {
        ...life,
        key,
        class: opened.class ?? usual,
        value,
        bytes,
        savings,
        duration,
        stamps,
        versions,
      },
      this.#trust,
    );
  }

  #standing(key: CacheKey, own: readonly Stamp[], tags: readonly string[]): Standing | undefined {
    if (tags.length > 0) return this.#standingOf(key, this.#parts.registry.ofEntry(key, tags));
    let standing = this.#standings.get(own);
    if (standing === undefined && !this.#standings.has(own)) {
      standing = this.#standingOf(key, own);
      this.#standings.set(own, standing);
    }
    return standing;
  }

  #standingOf(key: CacheKey, stamps: readonly Stamp[]): Standing | undefined {
    const versions: number[] = [];
    for (const stamp of stamps) {
      const version = this.#versions.get(stamp);
      if (version === undefined) return undefined;
      versions.push(version);
    }
    // Tells what was invalidated here and has not reached the store.
    if (!this.#parts.registry.holds({ stamps, versions })) return undefined;
    const fingerprint = fingerprintOf(versions);
    return { stamps, versions, fingerprint, class: classOf(key, undefined) };
  }
}

function tellCorrupt(events: EventSink, error: unknown): undefined {
  events.emit({ type: "store-error", operation: "read", reason: "corrupt", error });
}
