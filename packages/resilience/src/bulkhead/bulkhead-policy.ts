import { type Clock, systemClock } from "@palimpsest/core";
import type { CallParent, Operation, PolicyOfKind } from "../call.ts";
import { numberOption } from "../number-option.ts";
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
    numberOption("limit", limit, { atLeast: 1, integer: true });
    numberOption("queue", queue, { atLeast: 0, integer: true });
    numberOption("maxWait in milliseconds", maxWait, { above: 0 });
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
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return this.#slots.run(operation, parent);
  }
}

/** A policy of concurrency: so many calls at once, the others in a bounded and fair queue. */
export function bulkhead(options: BulkheadOptions): BulkheadPolicy {
  return new BulkheadPolicy(options);
}
