import type { Clock, KeyValueStore } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import { encodeEntry, type EntryRecord } from "../codec/entry-codec.ts";
import type { EventSink } from "../event-sink.ts";
import { fingerprintOf } from "../invalidation/fingerprint.ts";
import type { Stamp, Stamped, StampRegistry } from "../invalidation/stamp-registry.ts";
import { firstVersion, stampTtl, versionOf } from "../invalidation/stored-version.ts";
import type { StoreNames } from "../keys/store-names.ts";
import { fetchMany } from "./fetch-many.ts";
import { type StoreGuard, type Unavailable, unavailable } from "./store-guard.ts";

export interface StoreWriterParts {
  readonly guard: StoreGuard;
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly compressAbove: number;
  /** Milliseconds for what a caller waits for. */
  readonly deadline: number;
}

/** The right to write one entry: what held in the store before its fill began. */
export interface WriteTicket extends Stamped {
  readonly key: CacheKey;
  /** Deletions counted so far; one more means that the value must go again. */
  readonly deletions: number;
}

export interface TicketRequest {
  readonly key: CacheKey;
  readonly stamps: readonly Stamp[];
}

/** In the background nobody waits, and large values take their time. */
const writeDeadline = 2_000;

/** Writes entries of the second tier so that an invalidation during their fill makes them invalid. */
export class StoreWriter {
  readonly #parts: StoreWriterParts;

  constructor(parts: StoreWriterParts) {
    this.#parts = parts;
  }

  /** To be called before the fills begin. @returns in the order of the requests */
  async begin(requests: readonly TicketRequest[]): Promise<WriteTicket[] | Unavailable> {
    const { guard, names, registry, deadline } = this.#parts;
    const stamps = [...new Set(requests.flatMap((request) => request.stamps))];
    const slots = [...new Set(requests.map(({ key }) => names.slot(key)))];
    const answer = await guard.run("write", deadline, async (store, signal) => {
      const [counts, present] = await Promise.all([
        fetchMany(store, slots, signal),
        fetchMany(
          store,
          stamps.map(({ name }) => names.stamp(name)),
          signal,
        ),
      ]);
      const versions = present.map(versionOf);
      await this.#create(store, stamps, versions, signal);
      return { counts: counts.map((count) => versionOf(count) ?? 0), versions };
    });
    if (answer === unavailable) return unavailable;
    const versions = new Map(stamps.map((stamp, i) => [stamp, answer.versions[i]] as const));
    for (const [stamp, version] of versions) {
      if (version !== undefined) registry.learn(stamp, version);
    }
    const counts = new Map(slots.map((slot, i) => [slot, answer.counts[i]!] as const));
    return requests.map(({ key, stamps: own }) => ({
      key,
      stamps: own,
      versions: own.map((stamp) => versions.get(stamp) ?? 0),
      deletions: counts.get(names.slot(key))!,
    }));
  }

  /** Nothing is valid under a stamp that is not there, so the first fill under it makes it. */
  async #create(
    store: KeyValueStore,
    stamps: readonly Stamp[],
    versions: (number | undefined)[],
    signal: AbortSignal,
  ): Promise<void> {
    const absent = [...stamps.keys()].filter((i) => versions[i] === undefined);
    if (absent.length === 0) return;
    const { names, clock, random } = this.#parts;
    const first = firstVersion(clock);
    const bytes = Buffer.from(String(first));
    const own = absent.map((i) => names.stamp(stamps[i]!.name));
    const created = await Promise.all(
      absent.map((i, j) => {
        const ttl = stampTtl(stamps[i]!, random);
        return store.set(own[j]!, bytes, { ifAbsent: true, signal, ...ttl });
      }),
    );
    const others = created.includes(false) ? await fetchMany(store, own, signal) : [];
    absent.forEach((i, j) => (versions[i] = created[j] ? first : versionOf(others[j])));
  }

  /**
   * Never throws: what goes wrong is an event.
   * @returns whether the value had to go again, because its key was deleted meanwhile
   */
  async write(
    ticket: WriteTicket,
    record: Omit<EntryRecord, "fingerprint" | "tags">,
    tags: readonly string[],
    value: unknown,
  ): Promise<boolean> {
    const { guard, names, compressAbove } = this.#parts;
    if (!ticket.versions.every((version) => version > 0)) return false;
    const bytes = await this.#encode(
      ticket.key,
      { ...record, tags, fingerprint: fingerprintOf(ticket.versions) },
      value,
      compressAbove,
    );
    if (bytes === undefined) return false;
    const name = names.value(ticket.key);
    const slot = names.slot(ticket.key);
    const ttl = record.ttl + record.staleWhileRevalidate + record.staleIfError;
    const isWithdrawn = await guard.run("write", writeDeadline, async (store, signal) => {
      await store.set(name, bytes, { ttl, signal });
      // A deletion counts first and deletes then: whichever order they met in, the value is gone.
      const [count] = await fetchMany(store, [slot], signal);
      if ((versionOf(count) ?? 0) === ticket.deletions) return false;
      await store.delete([name], { signal });
      return true;
    });
    return isWithdrawn === true;
  }

  async #encode(
    key: CacheKey,
    record: EntryRecord,
    value: unknown,
    compressAbove: number,
  ): Promise<Uint8Array | undefined> {
    try {
      return await encodeEntry(key, record, value, compressAbove);
    } catch (error) {
      this.#parts.events.emit({
        type: "store-error",
        operation: "write",
        reason: "unencodable",
        error,
      });
      return undefined;
    }
  }
}
