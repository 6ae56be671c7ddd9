import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import type { FillContext, FillOptions } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import type { CacheParts } from "../cache-parts.ts";
import { classOf, entryPlan, type EntryPlan } from "../entry-plan.ts";
import type { MemoryEntry } from "../tiers/memory-entry.ts";
import { unavailable } from "../tiers/store-guard.ts";
import type { WriteTicket } from "../tiers/store-writer.ts";
import type { Flight } from "./flight.ts";
import type { Filling, Settlement } from "./settlement.ts";

export type BatchFill = (
  missing: readonly CacheKey[],
  context: FillContext,
) => Promise<readonly unknown[]>;

/** Several keys that memory cannot answer, each with a flight that others may join. */
interface Batch {
  readonly flights: ReadonlyMap<CacheKey, Flight>;
  readonly fill: BatchFill;
  readonly options: FillOptions;
  readonly plan: EntryPlan;
  /** What is being served while this batch refreshes it; undefined for a batch that callers wait for. */
  readonly behind: Entries | undefined;
  readonly trust: number;
}

type Entries = ReadonlyMap<CacheKey, MemoryEntry>;

type Previous = ReadonlyMap<CacheKey, MemoryEntry | undefined>;

/** Brings many values: one question to the second tier, then one fill for what it lacks. */
export class BatchLoader {
  readonly #parts: CacheParts;
  readonly #settlement: Settlement;

  constructor(parts: CacheParts, settlement: Settlement) {
    this.#parts = parts;
    this.#settlement = settlement;
  }

  /** @throws `E_INVALID_INPUT` for options, before anything begins */
  start(
    keys: readonly CacheKey[],
    fill: BatchFill,
    options: FillOptions,
    behind?: Entries,
  ): ReadonlyMap<CacheKey, Flight> {
    const plan = entryPlan(options);
    const { flights: all, registry } = this.#parts;
    const isRefresh = behind !== undefined;
    const flights = new Map(keys.map((key) => [key, all.start(key, isRefresh)] as const));
    const batch = { flights, fill, options, plan, behind, trust: registry.trust };
    void this.#run(batch).catch((error: unknown) => {
      for (const flight of flights.values()) flight.reject(error);
    });
    return flights;
  }

  /** Behind values that are being served; leaves out what is under way or just failed. */
  refresh(behind: Entries, fill: BatchFill, options: FillOptions): void {
    const { flights, failures, settings } = this.#parts;
    const now = settings.clock.now();
    const due = [...behind.keys()].filter(
      (key) => flights.get(key) === undefined && !failures.isPaused(key, now),
    );
    if (due.length > 0) this.start(due, fill, options, behind);
  }

  async #run(batch: Batch): Promise<void> {
    const { second, registry } = this.#parts;
    const previous = await this.#look(batch);
    const missing = [...previous.keys()];
    if (missing.length === 0) return;
    const requests = missing.map((key) => ({
      key,
      stamps: registry.ofEntry(key, batch.plan.tags),
    }));
    const tickets = second === undefined ? unavailable : await second.writer.begin(requests);
    await this.#fill(batch, previous, tickets === unavailable ? [] : tickets);
  }

  /** Ends the flights that a tier can answer. @returns the others, with what may stand in for them */
  async #look(batch: Batch): Promise<Previous> {
    const { second, memory } = this.#parts;
    const { flights, plan, options } = batch;
    const keys = [...flights.keys()];
    second?.synchroniser.start();
    const read =
      second === undefined || options.refresh === true
        ? unavailable
        : await second.reader.read(keys, plan.tags);
    const previous = new Map<CacheKey, MemoryEntry | undefined>();
    const stale = new Map<CacheKey, MemoryEntry>();
    keys.forEach((key, i) => {
      const entry = read === unavailable ? memory.findUnchecked(key) : read[i];
      const state = options.refresh === true ? undefined : this.#serve(batch, key, entry);
      if (state === undefined) previous.set(key, entry ?? memory.find(key));
      if (state === "stale" && entry !== undefined) stale.set(key, entry);
    });
    // In the place of the flights that end with stale values.
    const { failures, settings } = this.#parts;
    const due = [...stale.keys()].filter((key) => !failures.isPaused(key, settings.clock.now()));
    if (due.length > 0) this.start(due, batch.fill, options, stale);
    return previous;
  }

  #serve(
    { flights, behind }: Batch,
    key: CacheKey,
    entry: MemoryEntry | undefined,
  ): "fresh" | "stale" | undefined {
    const { memory, settings, events } = this.#parts;
    const flight = flights.get(key)!;
    const now = settings.clock.now();
    if (entry === undefined) return undefined;
    const state = entry.phaseAt(now);
    if (state !== "fresh" && (state !== "stale" || behind !== undefined)) return undefined;
    // Only something newer ends a refresh.
    if (entry.freshUntil <= (behind?.get(key)?.freshUntil ?? 0)) return undefined;
    if (!flight.isDropped) memory.put(key, entry);
    if (behind === undefined) events.emit({ ...entry.hit, tier: "store", state });
    flight.resolve(entry.value);
    return state;
  }

  async #fill(batch: Batch, previous: Previous, tickets: readonly WriteTicket[]): Promise<void> {
    const { flights, fill, options, plan, behind, trust } = batch;
    const { events } = this.#parts;
    const isRefresh = behind !== undefined;
    const missing = [...previous.keys()];
    const signal = whenAllFired(missing.map((key) => flights.get(key)!.signal));
    throwIfAborted(signal);
    const fillings = missing.map((key, i): Filling => ({
      key,
      flight: flights.get(key)!,
      plan,
      negativeTtl: options.negativeTtl,
      previous: previous.get(key),
      trust,
      ticket: tickets[i],
      turn: undefined,
    }));
    for (const filling of fillings) {
      this.#settlement.begin(filling);
      if (isRefresh) continue;
      events.emit({ type: "miss", key: filling.key, class: classOf(filling.key, plan.class) });
    }
    const context = {
      signal,
      background: isRefresh || options.background === true,
    };
    const started = performance.now();
    let values: readonly unknown[];
    try {
      values = checkLength(await fill(missing, context), missing.length);
    } catch (error) {
      const duration = performance.now() - started;
      for (const filling of fillings) this.#fail(filling, error, duration);
      return;
    }
    const duration = performance.now() - started;
    fillings.forEach((filling, i) => {
      this.#settlement.succeed(filling, values[i], duration);
      filling.flight.resolve(values[i]);
    });
  }

  #fail(filling: Filling, error: unknown, duration: number): void {
    const instead = this.#settlement.fail(filling, error, duration);
    if (instead === undefined) return filling.flight.reject(error);
    this.#parts.events.emit({ ...instead.hit, state: "stale-if-error" });
    filling.flight.resolve(instead.value);
  }
}

/** One caller that left must not stop what the others wait for. */
function whenAllFired(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  let left = signals.length;
  const count = (reason: unknown): void => {
    if (--left === 0) controller.abort(reason);
  };
  for (const signal of signals) {
    if (signal.aborted) count(signal.reason);
    else signal.addEventListener("abort", () => count(signal.reason), { once: true });
  }
  return controller.signal;
}

function checkLength(values: readonly unknown[], wanted: number): readonly unknown[] {
  if (Array.isArray(values) && values.length === wanted) return values;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the fill of a batch must return one value per missing key, ${wanted} in all, in their order`,
  );
}
