import { numberOption } from "../number-option.ts";
import type { LimitAlgorithm, LimitSample } from "./limit-algorithm.ts";

export interface AimdOptions {
  /** What a drop leaves of the limit. @defaultValue 0.9 */
  readonly backoff?: number;
}

/**
 * Additive increase, multiplicative decrease: one more for a good call while the limit is at least half
 * used, a part less for an overload. Calls that started before the last decrease do not lower it again.
 */
export class Aimd implements LimitAlgorithm {
  readonly #backoff: number;

  constructor({ backoff = 0.9 }: AimdOptions = {}) {
    this.#backoff = numberOption("backoff", backoff, { atLeast: 0.1, below: 1 });
  }

  next(limit: number, { dropped, fresh, inFlight }: LimitSample): number {
    if (dropped) return fresh ? limit * this.#backoff : limit;
    return inFlight * 2 >= limit ? limit + 1 : limit;
  }
}
