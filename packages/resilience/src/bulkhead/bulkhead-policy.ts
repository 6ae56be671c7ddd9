import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { type CallParent, enterCall, type Operation, type PolicyOfKind } from "../call.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import { overloadError } from "./overload-error.ts";
import { Slots } from "./slots.ts";

export interface BulkheadOptions {
  /** Calls that may run at the same time, streams that are still read among them. */
  readonly limit: number;
  /** Calls that may wait. @defaultValue ten times the limit */
  readonly queue?: number;
  /** Milliseconds that a call may wait, within its deadline. @defaultValue Infinity */
  readonly maxWait?: number;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  readonly on?: ResilienceListener;
}

/**
 * Never more than `limit` calls at once. Those that wait are served by `details.priority`, then by
 * `details.tenant` in turn; in a full queue a tenant with many gives way to one with fewer.
 *
 * Our own, not cockatiel's: that one frees a slot when the caller has its answer, though a call that
 * timed out goes on, and its queue is first come, first served, without a deadline.
 */
export class BulkheadPolicy implements PolicyOfKind<"bulkhead"> {
  readonly kind = "bulkhead";
  readonly #slots: Slots;

  /** @throws `E_INVALID_INPUT` for a limit below 1, a queue below 0 or a wait that is not above 0 */
  constructor(options: BulkheadOptions) {
    const { limit, queue = 10 * limit, maxWait = Infinity, clock = systemClock, on } = options;
    checkCount("limit", limit, 1);
    checkCount("queue", queue, 0);
    checkWait(maxWait);
    this.#slots = new Slots(limit, {
      size: queue,
      maxWait,
      clock,
      refuse: (refusal, call, waited) => overloadError(refusal, limit, waited, call, on),
    });
  }

  /** Calls that run now. */
  get running(): number {
    return this.#slots.running;
  }

  get waiting(): number {
    return this.#slots.waiting;
  }

  /** @throws `E_OVERLOADED` saying why there is no slot; `E_ABORTED` at once when the caller stops waiting */
  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return this.#slots.run(operation, enterCall(parent));
  }
}

/** @throws `E_INVALID_INPUT` unless it is a whole number of at least `least` */
export function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the ${name} is ${value}; it must be a whole number of at least ${least}`,
  );
}

/** @throws `E_INVALID_INPUT` unless it is above 0 */
export function checkWait(maxWait: number): void {
  if (maxWait > 0) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the longest wait is ${maxWait} ms; it must be above 0 (for no waiting set queue to 0)`,
  );
}

/** A policy of concurrency: so many calls at once, the others in a bounded and fair queue. */
export function bulkhead(options: BulkheadOptions): BulkheadPolicy {
  return new BulkheadPolicy(options);
}
