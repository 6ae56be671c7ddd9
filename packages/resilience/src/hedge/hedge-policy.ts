import { type Clock, systemClock } from "@palimpsest/core";
import {
  type CallContext,
  type CallParent,
  enterCall,
  type Operation,
  type PolicyOfKind,
} from "../call.ts";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier, Failure } from "../classify/failure.ts";
import { numberOption } from "../number-option.ts";
import type { CallUsage } from "../request-ledger.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import { HedgeDelay, type PercentileDelay } from "./hedge-delay.ts";
import { HedgedCall, type HedgePlan, isOverload } from "./hedged-call.ts";

export interface HedgeOptions {
  /**
   * Milliseconds without a first token after which a hedge is sent, or the percentile of the latest
   * first tokens that decides it. @defaultValue the 95th percentile of five minutes
   */
  readonly delay?: number | PercentileDelay;
  /** Hedges per call at most. @defaultValue 1 */
  readonly maxHedges?: number;
  /** Hedges for each call on average, or a budget that several policies share. @defaultValue 0.05 */
  readonly budget?: number | HedgeBudget;
  /** Asked before each hedge: false while the other deployment is overloaded, or its breaker open. */
  readonly mayHedge?: () => boolean;
  /**
   * What a cancelled attempt may have cost at most; it is charged to the request, for it is billed.
   * @defaultValue what the caller estimated, `details.cost` and `details.tokens`; without a cost what it reports
   */
  readonly loserUsage?: (call: CallContext) => CallUsage;
  /** Errors after which no attempt is worth waiting for. @defaultValue those that `classify` finds not retryable */
  readonly isFatal?: (error: unknown) => boolean;
  /** @defaultValue classifyError */
  readonly classify?: Classifier;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  readonly on?: ResilienceListener;
}

/**
 * Sends a second call when the first has given no token for unusually long, and takes the one whose
 * first token, or answer, comes first. The operation finds in `call.hedge` (0, 1, …) which deployment
 * to call; another one helps against a stall, the same one adds to its load. A call whose output is
 * long has had its first token and is not hedged.
 */
export class HedgePolicy implements PolicyOfKind<"hedge"> {
  readonly kind = "hedge";
  readonly #plan: HedgePlan;

  /** @throws `E_INVALID_INPUT` for an option out of its range */
  constructor(options: HedgeOptions = {}) {
    const { delay = {}, maxHedges = 1, budget = 0.05, clock = systemClock, isFatal } = options;
    this.#plan = {
      delay: new HedgeDelay(delay),
      budget: typeof budget === "number" ? new HedgeBudget({ ratio: budget }) : budget,
      maxHedges: numberOption("maxHedges", maxHedges, { atLeast: 1, integer: true }),
      mayHedge: options.mayHedge ?? (() => true),
      loserUsage: options.loserUsage ?? estimated,
      classify: options.classify ?? classifyError,
      isFatal: isFatal ?? isFinal,
      clock,
      on: options.on,
    };
  }

  /** Milliseconds after which a call is hedged for now; undefined while too little is known. */
  get delay(): number | undefined {
    return this.#plan.delay.at(this.#plan.clock.now());
  }

  /** @throws the error of the attempt that was taken, or the latest one when all have failed */
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return new Promise((resolve, reject) => {
      new HedgedCall(this.#plan, enterCall(parent), operation, resolve, reject).start();
    });
  }
}

/** What refuses for now is no verdict on the call, though it gets no hedge either. */
function isFinal(_: unknown, failure: Failure): boolean {
  return !failure.retryable && !isOverload(failure);
}

function estimated({ details: { cost, tokens = 0 } }: CallContext): CallUsage | undefined {
  return cost === undefined ? undefined : { cost, tokens };
}

/** A policy that answers a late first token with a second call, within a budget. */
export function hedge(options: HedgeOptions = {}): HedgePolicy {
  return new HedgePolicy(options);
}
