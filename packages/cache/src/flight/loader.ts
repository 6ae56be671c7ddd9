import { throwIfAborted } from "@palimpsest/core";
import type { Fill, FillOptions } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import type { CacheParts } from "../cache-parts.ts";
import { classOf, entryPlan, type EntryPlan } from "../entry-plan.ts";
import type { MemoryEntry } from "../tiers/memory-entry.ts";
import type { SecondTier } from "../tiers/second-tier.ts";
import { type Unavailable, unavailable } from "../tiers/store-guard.ts";
import type { WriteTicket } from "../tiers/store-writer.ts";
import type { Turn } from "./fleet-turn.ts";
import type { Flight } from "./flight.ts";
import type { Settlement } from "./settlement.ts";

/** One key that memory cannot answer. */
interface Load {
  readonly key: CacheKey;
  readonly flight: Flight;
  readonly fill: Fill<unknown>;
  readonly options: FillOptions;
  readonly plan: EntryPlan;
  readonly trust: number;
  /** What is being served while this load refreshes it: only something newer ends the load. */
  readonly behind: MemoryEntry | undefined;
}

/** Where a load goes on when no tier had a fresh value. */
interface Beginning {
  readonly previous: MemoryEntry | undefined;
  readonly ticket?: WriteTicket | undefined;
  readonly turn?: Turn | undefined;
}

type Served = { readonly value: unknown };

/** Brings one value: from the second tier, from another process that is filling it, or by a fill. */
export class Loader {
  readonly #parts: CacheParts;
  readonly #settlement: Settlement;

  constructor(parts: CacheParts, settlement: Settlement) {
    this.#parts = parts;
    this.#settlement = settlement;
  }

  /** @throws `E_INVALID_INPUT` for options, before anything begins */
  start(key: CacheKey, fill: Fill<unknown>, options: FillOptions, behind?: MemoryEntry): Flight {
    const plan = entryPlan(options);
    const flight = this.#parts.flights.start(key, behind !== undefined);
    const { trust } = this.#parts.registry;
    const load = { key, flight, fill, options, plan, trust, behind };
    this.#run(load).then(flight.resolve, flight.reject);
    return flight;
  }

  /** Behind a value that is being served; without effect while one is under way or just failed. */
  refresh(key: CacheKey, fill: Fill<unknown>, options: FillOptions, behind: MemoryEntry): void {
    const { flights, failures, settings } = this.#parts;
    if (flights.get(key) !== undefined || failures.isPaused(key, settings.clock.now())) return;
    this.start(key, fill, options, behind);
  }

  async #run(load: Load): Promise<unknown> {
    const { second } = this.#parts;
    const beginning = second === undefined ? this.#alone(load) : await this.#together(second, load);
    return "value" in beginning ? beginning.value : this.#fill(load, beginning);
  }

  /** Without the store: by what this process knows. */
  #alone(load: Load): Served | Beginning {
    const { memory, events } = this.#parts;
    const entry = memory.findUnchecked(load.key);
    if (entry === undefined || load.options.refresh === true || !this.#isFresh(load, entry)) {
      return { previous: entry };
    }
    events.emit(entry.hit);
    return { value: entry.value };
  }

  async #together(second: SecondTier, load: Load): Promise<Served | Beginning> {
    const { key, flight, options, plan } = load;
    second.synchroniser.start();
    const started = performance.now();
    const looked = await this.#look(second, load);
    if (looked === unavailable) return this.#alone(load);
    const served = options.refresh === true ? undefined : this.#serve(load, looked, started);
    if (served !== undefined) return served;
    // The store may have evicted what memory still has: good enough when the fill fails.
    const previous = looked ?? this.#parts.memory.find(key);
    const taken = await second.turns.take(
      second.names.value(key),
      () => this.#lookForFresh(second, load),
      flight.signal,
    );
    if (taken === unavailable) return { previous };
    if ("found" in taken) return this.#serve(load, taken.found) ?? { previous };
    const { turn } = taken;
    this.#endWhenLeft(flight, turn);
    const stamps = this.#parts.registry.ofEntry(key, plan.tags);
    const [again, tickets] = await Promise.all([
      this.#look(second, load),
      second.writer.begin([{ key, stamps }]),
    ]);
    // Somebody may have filled it between the first look and the turn.
    const isFilled =
      again !== unavailable && options.refresh !== true && this.#isFresh(load, again);
    if (!isFilled)
      return { previous, turn, ticket: tickets === unavailable ? undefined : tickets[0] };
    this.#parts.background.add(turn.end());
    return this.#serve(load, again, started) ?? { previous };
  }

  /** Who is told to stop need not answer: the next one must not have to wait for its turn. */
  #endWhenLeft({ signal }: Flight, turn: Turn): void {
    const end = (): void => this.#parts.background.add(turn.end());
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }

  async #look(
    second: SecondTier,
    { key, plan }: Load,
  ): Promise<MemoryEntry | undefined | Unavailable> {
    const found = await second.reader.read([key], plan.tags);
    return found === unavailable ? unavailable : found[0];
  }

  async #lookForFresh(
    second: SecondTier,
    load: Load,
  ): Promise<MemoryEntry | undefined | Unavailable> {
    if (load.options.refresh === true) return undefined;
    const found = await this.#look(second, load);
    return found === unavailable || this.#isFresh(load, found) ? found : undefined;
  }

  /** A stale value is served to callers, and refreshed behind them; a refresh goes on. */
  #serve(load: Load, entry: MemoryEntry | undefined, started?: number): Served | undefined {
    const { key, flight, fill, options } = load;
    const { memory, settings, events, failures } = this.#parts;
    if (entry === undefined) return undefined;
    const now = settings.clock.now();
    const isFresh = this.#isFresh(load, entry);
    if (!isFresh && (flight.background || entry.phaseAt(now) !== "stale")) return undefined;
    // What was read before a deletion is good for who asked before it, and for nobody else.
    if (!flight.isDropped) memory.put(key, entry);
    const milliseconds = started === undefined ? 0 : performance.now() - started;
    const state = isFresh ? "fresh" : "stale";
    if (!flight.background) events.emit({ ...entry.hit, tier: "store", state, milliseconds });
    // In the place of this flight, which ends with the stale value.
    if (!isFresh && !failures.isPaused(key, now)) this.start(key, fill, options, entry);
    return { value: entry.value };
  }

  #isFresh({ behind }: Load, entry: MemoryEntry | undefined): boolean {
    if (entry?.isFresh(this.#parts.settings.clock.now()) !== true) return false;
    return behind === undefined || entry.freshUntil > behind.freshUntil;
  }

  async #fill(load: Load, beginning: Beginning): Promise<unknown> {
    const { key, flight, fill, options, plan, trust } = load;
    const { previous, ticket, turn } = beginning;
    const { events } = this.#parts;
    const { negativeTtl } = options;
    throwIfAborted(flight.signal);
    if (!flight.background) events.emit({ type: "miss", key, class: classOf(key, plan.class) });
    this.#settlement.begin(load);
    const filling = { key, flight, plan, negativeTtl, previous, trust, ticket, turn };
    const isBehind = flight.background || options.background === true;
    const started = performance.now();
    let value: unknown;
    try {
      value = await fill({ signal: flight.signal, background: isBehind });
    } catch (error) {
      const instead = this.#settlement.fail(filling, error, performance.now() - started);
      if (instead === undefined) throw error;
      events.emit({ ...instead.hit, state: "stale-if-error" });
      return instead.value;
    }
    this.#settlement.succeed(filling, value, performance.now() - started);
    return value;
  }
}
