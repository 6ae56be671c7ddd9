import type { Policy } from "@palimpsest/core";
import type { RequestLedger } from "./request-ledger.ts";

/** What one attempt gets, whatever policies stand around it. */
export interface CallContext {
  /** Fires when this attempt must end: the caller left, a deadline passed, another attempt won. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** 0 for the primary call; a hedge has 1 or more and should go to another deployment. */
  readonly hedge: number;
  /** Spending and ceilings of the whole request, across its retries and hedges. */
  readonly request: RequestLedger;
  /**
   * Says that the caller has seen output: once the first token is out, nothing is retried or hedged
   * silently, and the deadline between tokens starts anew at each call.
   */
  readonly onToken: () => void;
}

export type Operation<T> = (context: CallContext) => Promise<T>;

/** A policy of this package: core's `Policy`, whose operation may also look at its attempt. */
export interface ResiliencePolicy extends Policy {
  /** Within another policy the second argument is that policy's context; at the outside a signal or nothing. */
  execute<T>(operation: Operation<T>, parent?: AbortSignal | CallContext): Promise<T>;
}
