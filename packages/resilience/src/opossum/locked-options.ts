import type { EventEmitter } from "node:events";
import type CircuitBreaker from "opossum";
import type { BreakerParts } from "../breaker/engine.ts";

/** Opossum's options with the starting state, which its types leave out. */
export interface CircuitOptions extends CircuitBreaker.Options<[() => Promise<unknown>]> {
  state?: { closed: false; lastTimerAt?: number };
}

export const slices = 10;

/** What opossum does less safely is off; when to open is decided by our window of calls. */
export function lockedOptions(
  parts: BreakerParts,
  group: string,
  rotateBucketController: EventEmitter,
): CircuitOptions {
  return {
    name: parts.name,
    group,
    // Its timeout leaves the call running, frees its slot and aborts every other call.
    timeout: false,
    // Each failure would sort all latencies of the window.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController,
    rollingCountTimeout: parts.window,
    rollingCountBuckets: slices,
    // Its ratio also counts rejected calls and calls that are still under way.
    volumeThreshold: Number.MAX_SAFE_INTEGER,
    cache: false,
    allowWarmUp: false,
    ...(parts.startsOpen && openState(parts.breakTime.remaining)),
  };
}

/** A break that is over starts half-open: opossum compares its length with the time since `lastTimerAt`. */
function openState(remaining: number): Pick<CircuitOptions, "state" | "resetTimeout"> {
  if (remaining > 0) return { resetTimeout: remaining, state: { closed: false } };
  return { resetTimeout: 1, state: { closed: false, lastTimerAt: 0 } };
}
