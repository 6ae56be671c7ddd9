import { PalimpsestError } from "@palimpsest/core";
import type { Refusal } from "../bulkhead/waiting-room.ts";
import type { CallContext } from "../call.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";

const reasons: Readonly<Record<Refusal, string>> = {
  "queue-full": "the rate is used up and the queue is full",
  "gave-way":
    "the call gave its place in the full queue to one of higher priority, or of a tenant with fewer",
  waited: "the rate left no room within the time that the call may wait",
  deadline: "the rate leaves no room before the call's deadline, or within the longest wait",
  hedge: "the rate is used up, and a hedge does not wait",
};

/** Tells the listeners about a call for which the rate has no room. @returns the `E_RATE_LIMITED` that says why */
export function rateError(
  refusal: Refusal,
  retryAfter: number,
  call: CallContext,
  own: ResilienceListener | undefined,
): PalimpsestError {
  const wait = Math.ceil(retryAfter);
  tell({ type: "rate-limit-rejected", retryAfter: wait }, call, own);
  return new PalimpsestError(
    "E_RATE_LIMITED",
    `${reasons[refusal]}; there is room in ${wait} ms at the earliest (${refusal})`,
    { retryAfter: wait },
  );
}
