import { isDeepStrictEqual } from "node:util";
import type { EntryOptions } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import type { CacheParts } from "../cache-parts.ts";
import { classOf, type EntryPlan, lifetime, negativeTtlOf, savingsOf } from "../entry-plan.ts";
import { MemoryEntry } from "../tiers/memory-entry.ts";
import type { WriteTicket } from "../tiers/store-writer.ts";
import { sizeOf } from "../tiers/value-size.ts";
import { Unstored } from "../unstored.ts";
import type { Turn } from "./fleet-turn.ts";
import type { Flight } from "./flight.ts";

/** One fill, from the moment before it. */
export interface Filling {
  readonly key: CacheKey;
  readonly flight: Flight;
  readonly plan: EntryPlan;
  readonly negativeTtl: EntryOptions["negativeTtl"];
  /** Valid but past its time; what it may still be used for is for its lifetime to say. */
  readonly previous: MemoryEntry | undefined;
  /** The registry's trust when the stamps were read. */
  readonly trust: number;
  /** Absent: the second tier is not to be written. */
  readonly ticket: WriteTicket | undefined;
  readonly turn: Turn | undefined;
}

/** What becomes of a fill: kept in both tiers, or remembered as failed. */
export class Settlement {
  readonly #parts: CacheParts;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** Notes what holds now, just before the fill is called. */
  begin({ key, flight, plan }: Pick<Filling, "key" | "flight" | "plan">): void {
    const stamps = this.#parts.registry.ofEntry(key, plan.tags);
    flight.stamped = { stamps, versions: stamps.map(({ version }) => version) };
  }

  /** @param duration - milliseconds that the fill took */
  succeed(filling: Filling, value: unknown, duration: number): void {
    const { key, flight, previous } = filling;
    const { background, events } = this.#parts;
    const { entry, written } = this.keep(filling, value, duration);
    background.add(written);
    if (!events.isOpen) return;
    events.emit({
      type: "fill",
      key,
      class: entry.hit.class,
      background: flight.background,
      milliseconds: duration,
      bytes: entry.bytes,
      changed: previous && !isEqual(previous.value, value),
    });
  }

  /** Keeps a value, unless it was invalidated since `begin`. @returns when the second tier has it */
  keep(
    filling: Filling,
    value: unknown,
    duration: number,
  ): { readonly entry: MemoryEntry; readonly written: Promise<void> } {
    const { key, flight, plan } = filling;
    const { settings, registry, memory, failures, events } = this.#parts;
    const now = settings.clock.now();
    const ttl = Math.max(1, Math.round(plan.ttl * (1 - plan.jitter * settings.random())));
    const entry = new MemoryEntry(
      {
        ...lifetime(now, { ...plan, ttl }),
        ...flight.stamped!,
        key,
        class: classOf(key, plan.class),
        value,
        bytes: sizeOf(value),
        savings: savingsOf(plan, value, events),
        duration,
      },
      filling.trust,
    );
    failures.delete(key);
    const isWanted = !flight.isDropped && !flight.isOutdated() && registry.holds(entry);
    if (isWanted) memory.put(key, entry);
    return { entry, written: this.#write(filling, entry, { createdAt: now, ttl }, isWanted) };
  }

  /** @returns what stands in for the value, if anything may */
  fail(filling: Filling, error: unknown, duration: number): MemoryEntry | undefined {
    const { key, flight, plan, previous, turn } = filling;
    const { settings, registry, failures, background, events } = this.#parts;
    if (turn !== undefined) background.add(turn.end());
    events.emit({
      type: "fill-error",
      key,
      class: classOf(key, plan.class),
      background: flight.background,
      milliseconds: duration,
      error,
    });
    const now = settings.clock.now();
    // A fill that was stopped because everybody left says nothing about the next one.
    if (!flight.signal.aborted) {
      const ttl = negativeTtlOf(filling.negativeTtl, error, events);
      failures.add(key, error, now, ttl, flight.stamped!);
    }
    // Nothing failed: a value that is not to be kept still goes to all who wait for it.
    if (error instanceof Unstored) return undefined;
    if (previous === undefined || previous.phaseAt(now) === "over") return undefined;
    return registry.holds(previous) ? previous : undefined;
  }

  /** Others get their turn when the value is there for them. Never rejects. */
  async #write(
    { ticket, turn, plan, flight }: Filling,
    entry: MemoryEntry,
    { createdAt, ttl }: { readonly createdAt: number; readonly ttl: number },
    isWanted: boolean,
  ): Promise<void> {
    const { second } = this.#parts;
    if (second !== undefined && ticket !== undefined && isWanted && !flight.isDropped) {
      const { staleWhileRevalidate, staleIfError } = plan;
      const record = {
        createdAt: Math.round(createdAt),
        ttl,
        staleWhileRevalidate,
        staleIfError,
        duration: Math.max(0, Math.round(entry.duration)),
        class: plan.class,
        savings: entry.hit.savings,
      };
      const isWithdrawn = await second.writer.write(ticket, record, plan.tags, entry.value);
      // Somebody may have read it before it went.
      if (isWithdrawn) await second.invalidation.replaced(entry.key);
    }
    await turn?.end();
  }
}

/** A value whose members cannot be read counts as another one. */
function isEqual(previous: unknown, value: unknown): boolean {
  try {
    return isDeepStrictEqual(previous, value);
  } catch {
    return false;
  }
}
