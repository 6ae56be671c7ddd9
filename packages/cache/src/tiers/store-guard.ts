import { isPalimpsestError, type KeyValueStore, PalimpsestError } from "@palimpsest/core";
import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from "cockatiel";
import type { CacheStoreErrorEvent } from "../cache-event.ts";
import type { EventSink } from "../event-sink.ts";
import { Expiry } from "./expiry.ts";

/** What a call gives when the store cannot be asked now, or did not answer in time. */
export const unavailable: unique symbol = Symbol("unavailable");
export type Unavailable = typeof unavailable;

type Operation = CacheStoreErrorEvent["operation"];
type StoreCall<T> = (store: KeyValueStore, signal: AbortSignal) => Promise<T>;

export interface StoreGuardOptions {
  readonly store: KeyValueStore;
  readonly events: EventSink;
  /** Failures in a row that open the breaker. */
  readonly failures: number;
  /** Milliseconds between probes of an open breaker. */
  readonly probeAfter: number;
}

/** Keeps a slow or broken store away from callers: every call has a deadline and one breaker. */
export class StoreGuard {
  readonly #store: KeyValueStore;
  readonly #events: EventSink;
  readonly #breaker: CircuitBreakerPolicy;
  #told: "open" | "closed" = "closed";

  constructor({ store, events, failures, probeAfter }: StoreGuardOptions) {
    this.#store = store;
    this.#events = events;
    // Its half-open state lets callers wait for the probe, so they are turned away before it.
    this.#breaker = circuitBreaker(handleWhen(isStoreFailure), {
      halfOpenAfter: probeAfter,
      breaker: new ConsecutiveBreaker(failures),
    });
    this.#breaker.onBreak(() => this.#tell("open"));
    this.#breaker.onReset(() => this.#tell("closed"));
  }

  get isOpen(): boolean {
    return this.#breaker.state !== CircuitState.Closed;
  }

  /** Fails are told as events; the caller gets on without the store. @param ms - deadline */
  async run<T>(operation: Operation, ms: number, call: StoreCall<T>): Promise<T | Unavailable> {
    if (this.isOpen) return unavailable;
    return this.#attempt(operation, () => this.#breaker.execute(() => this.#within(ms, call)));
  }

  /** Also asks a store whose breaker is open: for background work, which is how it closes again. */
  async probe<T>(operation: Operation, ms: number, call: StoreCall<T>): Promise<T | Unavailable> {
    return this.#attempt(operation, () => this.#breaker.execute(() => this.#within(ms, call)));
  }

  /** Past the breaker, for what must reach the store or be known to have failed. @throws */
  async insist<T>(operation: Operation, ms: number, call: StoreCall<T>): Promise<T> {
    try {
      return await this.#within(ms, call);
    } catch (error) {
      this.#report(operation, error);
      throw error;
    }
  }

  /** Once per change: a probe that fails opens what is open. */
  #tell(state: "open" | "closed"): void {
    if (state === this.#told) return;
    this.#told = state;
    this.#events.emit({ type: "store-state", state });
  }

  async #attempt<T>(operation: Operation, work: () => Promise<T>): Promise<T | Unavailable> {
    try {
      return await work();
    } catch (error) {
      if (!isBroken(error)) this.#report(operation, error);
      return unavailable;
    }
  }

  #report(operation: Operation, error: unknown): void {
    const reason = isPalimpsestError(error, "E_TIMEOUT") ? "timeout" : "failed";
    this.#events.emit({ type: "store-error", operation, reason, error });
  }

  #within<T>(ms: number, call: StoreCall<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const controller = new AbortController();
      const expiry = new Expiry(ms, () => {
        const error = new PalimpsestError(
          "E_TIMEOUT",
          `the cache's second tier ${this.#store.name} did not answer within ${Math.ceil(ms)} ms`,
        );
        reject(error);
        controller.abort(error);
      });
      // Async, so that a store that throws before it returns a promise ends the timer too.
      const answer = async (): Promise<T> => call(this.#store, controller.signal);
      answer()
        .finally(() => expiry.cancel())
        .then(resolve, reject);
    });
  }
}

/** A mistake of this package or a caller says nothing about the store. */
function isStoreFailure(error: unknown): boolean {
  return !isPalimpsestError(error, "E_INVALID_INPUT");
}

function isBroken(error: unknown): boolean {
  return error instanceof Error && "isBrokenCircuitError" in error;
}
