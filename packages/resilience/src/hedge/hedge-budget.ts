import { numberOption } from "../number-option.ts";

export interface HedgeBudgetOptions {
  /** Hedges per call. @defaultValue 0.05 */
  readonly ratio?: number;
  /** Hedges that quiet times may save up. @defaultValue 10 */
  readonly saved?: number;
}

/**
 * How many extra calls hedging may make: a part of each call, nothing to begin with, so that a client
 * with few calls cannot exceed it either. One budget may serve several policies.
 */
export class HedgeBudget {
  readonly #ratio: number;
  readonly #saved: number;
  #balance = 0;

  /** @throws `E_INVALID_INPUT` unless 0 < ratio ≤ 1 and at least one hedge may be saved */
  constructor({ ratio = 0.05, saved = 10 }: HedgeBudgetOptions = {}) {
    this.#ratio = numberOption("the hedges per call", ratio, { above: 0, atMost: 1 });
    this.#saved = numberOption("the saved hedges", saved, { atLeast: 1 });
  }

  /** A call was made. */
  deposit(): void {
    this.#balance = Math.min(this.#saved, this.#balance + this.#ratio);
  }

  /** @returns whether there is one hedge to spend; it is spent then */
  withdraw(): boolean {
    // Twenty times 0.05 must be a whole one.
    if (this.#balance < 1 - 1e-9) return false;
    this.#balance -= 1;
    return true;
  }

  /** A hedge was withdrawn and never reached the upstream. */
  refund(): void {
    this.#balance = Math.min(this.#saved, this.#balance + 1);
  }
}
