import type { CallContext } from "../call.ts";
import type { FailureKind } from "../classify/failure.ts";
import { recordMetrics } from "./metrics.ts";

/** The state of a circuit: `isolated` is held open by hand. */
export type CircuitState = "closed" | "open" | "half-open" | "isolated";

/** One decision of a policy. Holds names that the application chose, numbers and kinds; never a user's text. */
export type ResilienceEvent =
  | {
      readonly type: "retry";
      /** The attempt that failed, from 1. */
      readonly attempt: number;
      /** Milliseconds until the next one. */
      readonly delay: number;
      readonly kind: FailureKind;
    }
  | {
      readonly type: "retry-stopped";
      readonly attempt: number;
      readonly kind: FailureKind;
      readonly reason: RetryStop;
    }
  | {
      readonly type: "breaker-state";
      readonly breaker: string;
      readonly from: CircuitState;
      readonly to: CircuitState;
    }
  | {
      readonly type: "breaker-rejected";
      readonly breaker: string;
      readonly state: CircuitState;
      /** Milliseconds until a probe may pass, when that is known. */
      readonly retryAfter: number | undefined;
    }
  | { readonly type: "fallback"; readonly step: string; readonly kind: FailureKind }
  | { readonly type: "fallback-answered"; readonly step: string }
  | { readonly type: "fallback-exhausted"; readonly steps: number; readonly kind: FailureKind }
  | {
      readonly type: "timeout";
      readonly deadline: "total" | "first-token" | "between-tokens";
      /** Milliseconds that were allowed, in all or, for a stream that was handed out, for the rest of it. */
      readonly limit: number;
    }
  | { readonly type: "bulkhead-rejected"; readonly reason: string }
  | { readonly type: "rate-limit-waited"; readonly wait: number }
  | { readonly type: "rate-limit-rejected"; readonly retryAfter: number | undefined }
  | { readonly type: "cool-down"; readonly until: number }
  | { readonly type: "limit-changed"; readonly from: number; readonly to: number }
  | { readonly type: "hedge"; readonly hedge: number; readonly delay: number }
  | { readonly type: "hedge-refused"; readonly reason: string }
  | { readonly type: "hedge-won"; readonly hedge: number }
  | { readonly type: "ceiling-reached"; readonly ceiling: "calls" | "cost" | "time" }
  | {
      /** A whole call of a pipeline has ended. */
      readonly type: "call";
      readonly outcome: "success" | FailureKind;
      /** Milliseconds. */
      readonly duration: number;
      /** Calls that reached the upstream, retries and hedges included. */
      readonly calls: number;
    };

/** Why a failed attempt was the last one. */
export type RetryStop = "not-retryable" | "attempts" | "budget" | "deadline" | "wait" | "token";

export type ResilienceListener = (event: ResilienceEvent) => void;

/**
 * Tells the metrics, the policy's own listener and the call's. A listener that throws becomes a
 * warning of the process; it never fails a call.
 */
export function tell(
  event: ResilienceEvent,
  call: Pick<CallContext, "on"> | undefined,
  own: ResilienceListener | undefined,
): void {
  recordMetrics(event);
  if (own) deliver(event, own);
  if (call?.on && call.on !== own) deliver(event, call.on);
}

function deliver(event: ResilienceEvent, listener: ResilienceListener): void {
  try {
    listener(event);
  } catch (cause) {
    process.emitWarning(new Error(`a listener failed at the event "${event.type}"`, { cause }));
  }
}
