import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { numberOption } from "../number-option.ts";
import {
  type CallUsage,
  checkUsage,
  nothingReserved,
  type RequestCeilings,
  type RequestLedger,
} from "../request-ledger.ts";

export interface CeilingLedgerOptions {
  readonly ceilings: RequestCeilings;
  /** The ledger of the layer around: what is spent here is spent there too, and its ceilings hold as well. */
  readonly parent?: RequestLedger;
  readonly clock?: Clock;
  /** Told before the call that passes a ceiling is refused. */
  readonly onReached?: (ceiling: Ceiling) => void;
}

export type Ceiling = keyof RequestCeilings;

/** For estimates whose sum is the ceiling, whatever it is in binary. */
const rounding = 1 + 1e-9;

/**
 * Counts what one request spends and refuses the call that would pass a ceiling. A call with an
 * estimate of its cost starts when that fits beside what was spent and what other calls may still
 * spend. Without one it starts while the cost is below its ceiling, and may end above it.
 */
export class CeilingLedger implements RequestLedger {
  readonly #ceilings: RequestCeilings;
  readonly #parent: RequestLedger | undefined;
  readonly #clock: Clock;
  readonly #end: number;
  readonly #onReached: ((ceiling: Ceiling) => void) | undefined;
  #calls = 0;
  #cost = 0;
  #reserved = 0;
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

  startCall(estimate = 0): () => void {
    numberOption("the estimated cost", estimate, { atLeast: 0, below: Infinity });
    const reached = this.#reached(estimate);
    if (reached) {
      this.#onReached?.(reached);
      throw ceilingReached(reached, this.#ceilings[reached]);
    }
    // The layer around may refuse; then the call counts in neither.
    const giveBack = this.#parent?.startCall(estimate);
    this.#calls += 1;
    return estimate === 0 ? nothingReserved : this.#reserve(estimate, giveBack);
  }

  #reached(estimate: number): Ceiling | undefined {
    const { calls = Infinity, cost = Infinity } = this.#ceilings;
    const committed = this.#cost + this.#reserved;
    if (this.#calls >= calls) return "calls";
    if (committed >= cost || committed + estimate > cost * rounding) return "cost";
    return this.#end < Infinity && this.#clock.now() >= this.#end ? "time" : undefined;
  }

  #reserve(estimate: number, giveBack: (() => void) | undefined): () => void {
    let reserved = estimate;
    this.#reserved += reserved;
    return () => {
      this.#reserved -= reserved;
      reserved = 0;
      giveBack?.();
    };
  }

  report(usage: CallUsage): void {
    const { cost, tokens } = checkUsage(usage);
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
