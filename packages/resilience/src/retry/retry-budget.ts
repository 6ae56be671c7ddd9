import { type Clock, systemClock } from "@palimpsest/core";
import { numberOption } from "../number-option.ts";
import { SlidingWindow } from "../sliding-window.ts";

export interface RetryBudgetOptions {
  /** Retries per call. @defaultValue 0.1 */
  readonly ratio?: number;
  /** Retries per second that are allowed however few calls there are. @defaultValue 1 */
  readonly minimumPerSecond?: number;
  /** Milliseconds that a call's share may be used for. @defaultValue 10,000 */
  readonly timeToLive?: number;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

const deposits = 0;
const withdrawals = 1;

/**
 * What all retries together may add to the load, so that an outage is not multiplied by retrying it.
 * Share one between the policies that call the same upstream.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #clock: Clock;
  readonly #window: SlidingWindow;

  /** @throws `E_INVALID_INPUT` naming the option that is out of its range */
  constructor(options: RetryBudgetOptions = {}) {
    const { ratio = 0.1, minimumPerSecond = 1, timeToLive = 10_000 } = options;
    this.#ratio = numberOption("ratio", ratio, { atLeast: 0 });
    numberOption("minimumPerSecond", minimumPerSecond, { atLeast: 0 });
    numberOption("timeToLive", timeToLive, { above: 0, atMost: 2 ** 53 });
    this.#reserve = (minimumPerSecond * timeToLive) / 1_000;
    this.#clock = options.clock ?? systemClock;
    this.#window = new SlidingWindow({ length: timeToLive, counters: 2 });
  }

  /** Retries that may be made now. */
  get balance(): number {
    const now = this.#clock.now();
    const allowed = this.#reserve + this.#ratio * this.#window.sum(deposits, now);
    return Math.max(0, Math.floor(allowed - this.#window.sum(withdrawals, now) + rounding));
  }

  /** Once for each call, not for its retries. */
  deposit(): void {
    this.#window.add(deposits, 1, this.#clock.now());
  }

  /** @returns false when nothing is left for a retry */
  withdraw(): boolean {
    if (this.balance < 1) return false;
    this.#window.add(withdrawals, 1, this.#clock.now());
    return true;
  }
}

/** Ten calls at a ratio of 0.1 are one retry, whatever the sum of tenths is in binary. */
const rounding = 1e-9;
