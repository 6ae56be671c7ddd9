import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import type { CallUsage, RequestCeilings, RequestLedger } from "../request-ledger.ts";

export interface CeilingLedgerOptions {
  readonly ceilings: RequestCeilings;
  /** The ledger of the layer around: what is spent here is spent there too, and its ceilings hold as well. */
  readonly parent?: RequestLedger;
  readonly clock?: Clock;
  /** Told before the call that passes a ceiling is refused. */
  readonly onReached?: (ceiling: Ceiling) => void;
}

export type Ceiling = keyof RequestCeilings;

/**
 * Counts what one request spends and refuses the call that would pass a ceiling. A call starts while
 * the reported cost is below its ceiling, so the calls in flight may end above it.
 */
export class CeilingLedger implements RequestLedger {
  readonly #ceilings: RequestCeilings;
  readonly #parent: RequestLedger | undefined;
  readonly #clock: Clock;
  readonly #end: number;
  readonly #onReached: ((ceiling: Ceiling) => void) | undefined;
  #calls = 0;
  #cost = 0;
  #tokens = 0;

  /** @throws `E_INVALID_INPUT` for a ceiling that is not a positive number */
  constructor({ ceilings, parent, clock = systemClock, onReached }: CeilingLedgerOptions) {
    checkCeilings(ceilings);
    this.#ceilings = ceilings;
    this.#parent = parent;
    this.#clock = clock;
    this.#onReached = onReached;
    this.#end = ceilings.time === undefined ? Infinity : clock.now() + ceilings.time;
  }

  get calls(): number {
    return this.#calls;
  }

  get cost(): number {
    return this.#cost;
  }

  get tokens(): number {
    return this.#tokens;
  }

  get remainingTime(): number {
    const own = this.#end === Infinity ? Infinity : this.#end - this.#clock.now();
    return Math.max(0, Math.min(own, this.#parent?.remainingTime ?? Infinity));
  }

  startCall(): void {
    const reached = this.#reached();
    if (reached) {
      this.#onReached?.(reached);
      throw ceilingReached(reached, this.#ceilings[reached]);
    }
    // The layer around may refuse; then the call counts in neither.
    this.#parent?.startCall();
    this.#calls += 1;
  }

  #reached(): Ceiling | undefined {
    const { calls = Infinity, cost = Infinity } = this.#ceilings;
    if (this.#calls >= calls) return "calls";
    if (this.#cost >= cost) return "cost";
    return this.#end < Infinity && this.#clock.now() >= this.#end ? "time" : undefined;
  }

  /** @throws `E_INVALID_INPUT` for a usage that is negative or no number; nothing is counted then */
  report(usage: CallUsage): void {
    const { cost = 0, tokens = 0 } = usage;
    if (!(cost >= 0 && tokens >= 0 && Number.isFinite(cost + tokens))) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `a usage of cost ${cost} and ${tokens} tokens was reported; both must be finite and at least 0`,
      );
    }
    this.#parent?.report(usage);
    this.#cost += cost;
    this.#tokens += tokens;
  }
}

export function ceilingReached(ceiling: Ceiling, limit: number | undefined): PalimpsestError {
  const unit = ceiling === "time" ? " ms" : "";
  return new PalimpsestError(
    "E_BUDGET_EXCEEDED",
    `the request reached its ceiling of ${ceiling} (${limit ?? Infinity}${unit}), retries and hedges included; raise the ceiling or accept the failure`,
  );
}

/** @throws `E_INVALID_INPUT` for a ceiling that is not a positive number */
export function checkCeilings(ceilings: RequestCeilings): void {
  for (const name of ["calls", "cost", "time"] as const) {
    const value = ceilings[name];
    if (value !== undefined && !(value > 0)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `the ceiling of ${name} is ${value}; it must be above 0, or absent for none`,
      );
    }
  }
}
