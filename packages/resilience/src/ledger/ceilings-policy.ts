import { type Clock, systemClock } from "@palimpsest/core";
import {
  type CallContext,
  type CallParent,
  deriveCall,
  enterCall,
  type Operation,
  type ResiliencePolicy,
} from "../call.ts";
import {
  type CallUsage,
  NestedLedger,
  type RequestCeilings,
  type RequestLedger,
} from "../request-ledger.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";
import { DeadlineQueue } from "../timeout/deadline-queue.ts";
import { type DeadlineQueues, TimedCall } from "../timeout/timed-call.ts";
import { type Ceiling, CeilingLedger, ceilingReached, checkCeilings } from "./ceiling-ledger.ts";

export interface CeilingsOptions extends RequestCeilings {
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  readonly on?: ResilienceListener;
}

/**
 * Bounds what one request may spend over everything within: retries, hedges, fallbacks. Whatever makes
 * the calls counts them by `countedCall` or `call.request.startCall()`, and reports what they used.
 * A request within another one, or with `details.request`, spends from both.
 */
export class CeilingsPolicy implements ResiliencePolicy {
  readonly #ceilings: RequestCeilings;
  readonly #clock: Clock;
  readonly #on: ResilienceListener | undefined;
  readonly #queues: DeadlineQueues;

  /** @throws `E_INVALID_INPUT` for a ceiling that is not a positive number */
  constructor({ clock = systemClock, on, ...limits }: CeilingsOptions) {
    this.#ceilings = limits;
    this.#clock = clock;
    this.#on = on;
    checkCeilings(limits);
    this.#queues = {
      total: limits.time === undefined ? undefined : new DeadlineQueue("time", limits.time),
      firstToken: undefined,
      betweenTokens: undefined,
    };
  }

  /** @throws `E_BUDGET_EXCEEDED` naming the ceiling; at that of time also when a call is under way */
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return new Promise((resolve, reject) => {
      const outer = enterCall(parent);
      const reached = (ceiling: Ceiling): void =>
        tell({ type: "ceiling-reached", ceiling }, outer, this.#on);
      const request = new CeilingLedger({
        ceilings: this.#ceilings,
        parent: outer.request,
        clock: this.#clock,
        onReached: reached,
      });
      const missed = (_: string, limit: number): Error => {
        reached("time");
        return ceilingReached("time", limit);
      };
      const call = deriveCall(outer, { request });
      new TimedCall<T>(this.#queues, call, missed, reject).run(operation, resolve);
    });
  }
}

/** A policy of ceilings for one request: calls, cost, time. */
export function ceilings(options: CeilingsOptions): CeilingsPolicy {
  return new CeilingsPolicy(options);
}

/**
 * The innermost step: takes each call off its request's ceiling before it is made, and its estimate
 * `details.cost` until it reports its cost or fails; one that does neither is counted at the estimate.
 */
export function countedCall<T>(operation: Operation<T>): Operation<T> {
  return (call: CallContext) => {
    const { cost } = call.details;
    if (cost !== undefined) return estimatedCall(operation, call, cost);
    try {
      call.request.startCall();
    } catch (error) {
      return Promise.reject(error);
    }
    return operation(call);
  };
}

async function estimatedCall<T>(
  operation: Operation<T>,
  call: CallContext,
  estimate: number,
): Promise<T> {
  const giveBack = call.request.startCall(estimate);
  try {
    return await operation(
      deriveCall(call, { request: new EstimatedLedger(call.request, giveBack) }),
    );
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** The first cost that a call reports takes the place of its estimate. */
class EstimatedLedger extends NestedLedger {
  readonly #giveBack: () => void;

  constructor(request: RequestLedger, giveBack: () => void) {
    super(request);
    this.#giveBack = giveBack;
  }

  override report(usage: CallUsage): void {
    super.report(usage);
    if (usage.cost !== undefined) this.#giveBack();
  }
}
