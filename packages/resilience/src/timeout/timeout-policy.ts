import { PalimpsestError } from "@palimpsest/core";
import { type CallParent, enterCall, type Operation, type PolicyOfKind } from "../call.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { type DeadlineQueues, type MissedDeadline, TimedCall } from "./timed-call.ts";
import { timeoutError } from "./timeout-error.ts";

export interface TimeoutOptions {
  /** Milliseconds until the operation has settled; a stream under `guardStream` until its end. */
  readonly total?: number;
  /** Milliseconds until the operation calls `onToken`, which `guardStream` does, or has settled. */
  readonly firstToken?: number;
  /** Milliseconds between two tokens; the time in which nobody reads the stream does not count. */
  readonly betweenTokens?: number;
  readonly on?: ResilienceListener;
}

/**
 * Ends a call that misses a deadline, and no other call: every call has its own signal. The signal
 * does not fire when the operation returns, so a body or stream that it handed out can be read.
 */
export class TimeoutPolicy implements PolicyOfKind<"timeout"> {
  readonly kind = "timeout";
  readonly #queues: DeadlineQueues;
  readonly #missed: MissedDeadline;

  /** @throws `E_INVALID_INPUT` without any deadline, or for one outside 0 < ms < 2 ** 31 */
  constructor({ on, ...limits }: TimeoutOptions) {
    this.#missed = (deadline, limit, call) => timeoutError(deadline, limit, call, on);
    this.#queues = {
      total: queue("total", limits.total),
      firstToken: queue("firstToken", limits.firstToken),
      betweenTokens: queue("betweenTokens", limits.betweenTokens),
    };
    if (Object.values(this.#queues).every((queued) => queued === undefined)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        "a timeout without a deadline does nothing; give total, firstToken or betweenTokens in milliseconds",
      );
    }
  }

  /** @throws `E_TIMEOUT` naming the deadline, at once, whether or not the operation heeds its signal */
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return new Promise((resolve, reject) => {
      const outer = enterCall(parent);
      new TimedCall<T>(this.#queues, outer, this.#missed, reject).run(operation, resolve);
    });
  }
}

function queue(name: string, duration: number | undefined): DeadlineQueue | undefined {
  return duration === undefined ? undefined : new DeadlineQueue(name, duration);
}

/** A policy of deadlines: for the whole call, for its first token, and between tokens. */
export function timeout(options: TimeoutOptions): TimeoutPolicy {
  return new TimeoutPolicy(options);
}
