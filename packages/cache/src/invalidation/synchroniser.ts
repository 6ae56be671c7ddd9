import type { EventSink } from "../event-sink.ts";
import type { StoreNames } from "../keys/store-names.ts";
import { fetchMany } from "../tiers/fetch-many.ts";
import { type StoreGuard, unavailable } from "../tiers/store-guard.ts";
import type { InvalidationBus } from "./invalidation-bus.ts";
import type { StoreInvalidation } from "./store-invalidation.ts";
import type { Sequence } from "./sequence.ts";
import type { StampRegistry } from "./stamp-registry.ts";
import { versionOf } from "./stored-version.ts";

export interface SynchroniserParts {
  readonly guard: StoreGuard;
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly sequence: Sequence;
  readonly bus: InvalidationBus;
  readonly invalidation: StoreInvalidation;
  readonly events: EventSink;
  /** Milliseconds. */
  readonly interval: number;
  readonly deadline: number;
}

/** Subscribing may first have to connect. */
const listenDeadline = 2_000;

/**
 * The background of the second tier, so that callers never wait for any of it: listens, notices
 * missed messages, probes a store that was left alone, and repeats unconfirmed invalidations.
 */
export class Synchroniser {
  readonly #parts: SynchroniserParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: SynchroniserParts) {
    this.#parts = parts;
  }

  /** At the first use of the store. Never holds the process. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.run(), this.#parts.interval).unref();
    void this.run();
  }

  /** One round; while one is under way, that one. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Also ends the listening, or leaves it to end by itself where the store does not answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    const { guard, bus, deadline } = this.#parts;
    // A failure is told as an event, and there is nothing left to do about it.
    await guard.insist("listen", deadline, () => bus.close()).catch(() => undefined);
  }

  async #round(): Promise<void> {
    const { guard, bus, invalidation } = this.#parts;
    if (!bus.isListening) {
      await guard.run("listen", listenDeadline, (store, signal) => bus.listen(store, signal));
    }
    if (await this.#compare()) await invalidation.retry();
  }

  /** @returns whether the store answered */
  async #compare(): Promise<boolean> {
    const { guard, names, sequence, bus, registry, events, deadline } = this.#parts;
    const { isListening } = bus;
    const answer = await guard.probe("synchronise", deadline, (store, signal) =>
      fetchMany(store, [names.sequence], signal),
    );
    if (answer === unavailable) return false;
    if (sequence.check(versionOf(answer[0]) ?? 0, isListening)) {
      registry.distrust();
      events.emit({ type: "invalidate", origin: "elsewhere", what: "missed" });
    }
    return true;
  }
}
