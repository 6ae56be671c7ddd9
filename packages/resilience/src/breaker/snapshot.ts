import { PalimpsestError } from "@palimpsest/core";
import type { SlidingWindowSnapshot } from "../sliding-window.ts";

/** A circuit as plain data, to be kept between the runs of a short-lived process. */
export interface BreakerSnapshot {
  readonly version: 1;
  /** A circuit that was half-open is open, one that was isolated is closed to the next process. */
  readonly state: "closed" | "open";
  /** Breaks in a row, for the growth of the next one. */
  readonly breaks: number;
  /** Epoch milliseconds at which a probe may pass. */
  readonly openUntil: number;
  readonly calls: SlidingWindowSnapshot;
}

/** @throws `E_INVALID_INPUT` for what `snapshot` of this version never returns */
export function checkSnapshot(snapshot: BreakerSnapshot): BreakerSnapshot {
  const { version, state, breaks, openUntil, calls } = snapshot;
  const good =
    version === 1 &&
    (state === "closed" || state === "open") &&
    Number.isSafeInteger(breaks) &&
    breaks >= 0 &&
    Number.isFinite(openUntil) &&
    Array.isArray(calls?.counts) &&
    calls.counts.every(Array.isArray);
  if (good) return snapshot;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    "restore is no snapshot of a breaker of this version; leave it out to start closed",
  );
}
