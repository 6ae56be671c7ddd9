import { type CallOptions, PalimpsestError, throwIfAborted } from "@palimpsest/core";
import type { Cache, EntryOptions, Fill, FillContext, FillOptions } from "./cache.ts";
import { type CacheKey, checkCacheKey } from "./cache-key.ts";
import { type CacheParts, createParts } from "./cache-parts.ts";
import { entryPlan } from "./entry-plan.ts";
import type { EventSink } from "./event-sink.ts";
import { AtHand } from "./flight/at-hand.ts";
import { BatchLoader } from "./flight/batch-loader.ts";
import { Loader } from "./flight/loader.ts";
import { Lookup } from "./flight/lookup.ts";
import { Settlement } from "./flight/settlement.ts";
import { Invalidation } from "./invalidation/invalidation.ts";
import type { Relations } from "./invalidation/relations.ts";
import type { TieredCacheOptions } from "./options.ts";
import { coarseTime } from "./tiers/coarse-time.ts";
import { Deadline } from "./tiers/deadline.ts";
import type { MemoryEntry } from "./tiers/memory-entry.ts";
import type { MemoryTier } from "./tiers/memory-tier.ts";
import { unavailable } from "./tiers/store-guard.ts";

/** What a cache holds at this moment. */
export interface CacheUsage {
  readonly entries: number;
  /** Estimated. */
  readonly bytes: number;
  /** Fills under way. */
  readonly fills: number;
  /** `open`: the second tier failed and is left alone for now. `none`: there is none. */
  readonly store: "closed" | "open" | "none";
}

/**
 * A cache in memory and, when it is given a store, in that store for all processes. Hits in memory
 * are synchronous; a slow or broken store never delays a call by more than the deadline.
 */
export class TieredCache<R extends Relations = Relations> implements Cache, AsyncDisposable {
  readonly #parts: CacheParts;
  readonly #memory: MemoryTier;
  readonly #events: EventSink;
  readonly #now: () => number;
  readonly #atHand: AtHand;
  readonly #lookup: Lookup;
  readonly #loader: Loader;
  readonly #batches: BatchLoader;
  readonly #settlement: Settlement;
  readonly #invalidation: Invalidation;
  readonly #relations: R | undefined;
  #isClosed = false;

  /** Opens nothing: the store is first used when a call needs it. @throws `E_INVALID_INPUT` */
  constructor(options: TieredCacheOptions<R> = {}) {
    const parts = createParts(options, (keys) => this.#invalidation.forget(keys));
    this.#parts = parts;
    this.#memory = parts.memory;
    this.#events = parts.events;
    this.#now = coarseTime(parts.settings.clock);
    this.#atHand = new AtHand(parts);
    this.#lookup = new Lookup(parts);
    this.#settlement = new Settlement(parts);
    this.#loader = new Loader(parts, this.#settlement);
    this.#batches = new BatchLoader(parts, this.#settlement);
    this.#invalidation = new Invalidation(parts);
    this.#relations = options.relations;
  }

  // Not async, and nothing is made on the way: this is the path of every hit.
  getOrSet<T>(key: CacheKey, fill: Fill<T>, options: FillOptions): T | Promise<T> {
    const entry = this.#memory.find(key);
    if (
      entry?.isFresh(this.#now()) === true &&
      options.earlyRefresh === undefined &&
      options.refresh !== true &&
      options.signal?.aborted !== true
    ) {
      if (this.#events.isOpen) this.#events.emit(entry.hit);
      return entry.value as T;
    }
    return this.#getOrLoad(key, fill, options);
  }

  get<T>(key: CacheKey, options: CallOptions = {}): T | undefined | Promise<T | undefined> {
    const entry = this.#memory.find(key);
    if (entry?.isFresh(this.#now()) === true && options.signal?.aborted !== true) {
      if (this.#events.isOpen) this.#events.emit(entry.hit);
      return entry.value as T;
    }
    return this.#find(key, options) as Promise<T | undefined>;
  }

  async getMany<T>(
    keys: readonly CacheKey[],
    options: CallOptions = {},
  ): Promise<(T | undefined)[]> {
    this.#enter(options, keys);
    const found = await this.#lookup.find(keys);
    return found.map((entry) => entry?.value as T | undefined);
  }

  async set<T>(key: CacheKey, value: T, options: EntryOptions & CallOptions): Promise<void> {
    this.#enter(options, [key]);
    const plan = entryPlan(options);
    const { flights, registry, second, settings } = this.#parts;
    // What is under way is older, and dropped by this. Whoever asks from now on gets this value.
    const flight = flights.start(key, true);
    const { trust } = registry;
    const deadline = new Deadline(settings.deadline);
    second?.synchroniser.start();
    const stamps = registry.ofEntry(key, plan.tags);
    flight.isOutdated = registry.watch(stamps);
    const tickets = await second?.writer.begin([{ key, stamps }]);
    const ticket = tickets === undefined || tickets === unavailable ? undefined : tickets[0];
    this.#settlement.begin({ key, flight, plan });
    const { written } = this.#settlement.keep(
      {
        key,
        flight,
        plan,
        trust,
        ticket,
        negativeTtl: undefined,
        previous: undefined,
        turn: undefined,
      },
      value,
      0,
    );
    flight.resolve(value);
    const told = written.then(() => second?.invalidation.replaced(key));
    this.#parts.background.add(told);
    await deadline.wait(told);
  }

  async getOrSetMany<T>(
    keys: readonly CacheKey[],
    fill: (missing: readonly CacheKey[], context: FillContext) => Promise<readonly T[]>,
    options: FillOptions,
  ): Promise<T[]> {
    this.#enter(options, keys);
    // Refused before anybody's fill is joined, whose failure nobody would then wait for.
    entryPlan(options);
    const values = new Map<CacheKey, unknown>();
    const missing: CacheKey[] = [];
    const due = new Map<CacheKey, MemoryEntry>();
    for (const key of new Set(keys)) {
      const answer = this.#atHand.answer(key, options, (entry) => due.set(key, entry));
      if (answer === undefined) missing.push(key);
      else values.set(key, answer.value);
    }
    if (due.size > 0) this.#batches.refresh(due, fill, options);
    if (missing.length > 0) {
      const flights = this.#batches.start(missing, fill, options);
      for (const [key, flight] of flights) values.set(key, flight.join(options.signal));
    }
    return Promise.all(keys.map((key) => values.get(key) as T | Promise<T>));
  }

  async delete(keys: readonly CacheKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options, keys);
    await this.#invalidation.keys(keys);
  }

  async invalidateTags(tags: readonly string[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    await this.#invalidation.tags(tags);
  }

  async invalidatePrefix(scope: string, prefix: string, options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    await this.#invalidation.prefix(scope, prefix);
  }

  /**
   * Everything that was made of a record: the tags that the option `relations` tells for its kind.
   * @throws `E_INVALID_INPUT` for a kind without a relation, `E_UNAVAILABLE` as `invalidateTags`
   */
  async invalidateRelated<Kind extends keyof R & string>(
    kind: Kind,
    record: Parameters<R[Kind]>[0],
    options: CallOptions = {},
  ): Promise<void> {
    const relation = this.#relations?.[kind];
    if (relation === undefined) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `the cache has no relation for ${JSON.stringify(kind)}; name it in the option relations`,
      );
    }
    await this.invalidateTags(relation(record), options);
  }

  async clear(options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    await this.#invalidation.everything();
  }

  get usage(): CacheUsage {
    const { memory, flights, second } = this.#parts;
    const store = second === undefined ? "none" : second.guard.isOpen ? "open" : "closed";
    return { entries: memory.size, bytes: memory.bytes, fills: flights.size, store };
  }

  /** Waits for what is being written to the store, which stays open. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { second, background, memory, failures } = this.#parts;
    await background.done();
    await second?.synchroniser.stop();
    memory.clear();
    failures.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #getOrLoad<T>(key: CacheKey, fill: Fill<T>, options: FillOptions): T | Promise<T> {
    try {
      this.#enter(options, [key]);
      const answer = this.#atHand.answer(key, options, (entry) =>
        this.#loader.refresh(key, fill, options, entry),
      );
      if (answer !== undefined) return answer.value as T | Promise<T>;
      return this.#loader.start(key, fill, options).join(options.signal) as Promise<T>;
    } catch (error) {
      return Promise.reject<T>(error);
    }
  }

  async #find(key: CacheKey, options: CallOptions): Promise<unknown> {
    this.#enter(options, [key]);
    return (await this.#lookup.find([key]))[0]?.value;
  }

  #enter(options: CallOptions, keys: readonly CacheKey[] = []): void {
    if (this.#isClosed) {
      throw new PalimpsestError("E_CLOSED", "the cache was closed; make a new one");
    }
    for (const key of keys) checkCacheKey(key);
    throwIfAborted(options.signal);
  }
}
