import { PalimpsestError } from "@palimpsest/core";
import type { CallContext } from "../call.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";
import type { Refusal } from "./waiting-room.ts";

const reasons: Readonly<Record<Refusal, (limit: number, waited: number) => string>> = {
  "queue-full": (limit) => `${limit} calls run and the queue is full; send fewer at a time`,
  "gave-way": (_, waited) =>
    `the call gave its place in the full queue to one of higher priority, or of a tenant with fewer, after ${waited} ms`,
  waited: (limit, waited) => `${limit} calls run, and none ended within the wait of ${waited} ms`,
  deadline: (limit) => `${limit} calls run, and the call's deadline leaves no time to wait`,
  hedge: (limit) => `${limit} calls run, and a hedge does not wait for a slot`,
};

/** Tells the listeners about a call that finds no slot. @returns the `E_OVERLOADED` that says why */
export function overloadError(
  refusal: Refusal,
  limit: number,
  waited: number,
  call: CallContext,
  own: ResilienceListener | undefined,
): PalimpsestError {
  tell({ type: "bulkhead-rejected", reason: refusal }, call, own);
  return new PalimpsestError("E_OVERLOADED", `${reasons[refusal](limit, waited)} (${refusal})`);
}
