import { numberOption } from "../number-option.ts";
import type { LimitAlgorithm, LimitSample } from "./limit-algorithm.ts";

export interface AimdOptions {
  /** What a drop leaves of the limit. @defaultValue 0.9 */
  readonly backoff?: number;
}

/**
 * Additive increase, multiplicative decrease: up for a good call while the limit is at least half used,
 * by one until the upstream was overloaded for the first time, then by one per round of calls; a part
 * less for an overload. Calls that started before the last decrease tell of what is known already.
 */
export class Aimd implements LimitAlgorithm {
  readonly #backoff: number;
  #overloaded = false;

  constructor({ backoff = 0.9 }: AimdOptions = {}) {
    this.#backoff = numberOption("backoff", backoff, { atLeast: 0.1, below: 1 });
  }

  next(limit: number, { dropped, fresh, inFlight }: LimitSample): number {
    if (!fresh) return limit;
    if (dropped) {
      this.#overloaded = true;
      return limit * this.#backoff;
    }
    if (inFlight * 2 < limit) return limit;
    return this.#overloaded ? limit + 1 / limit : limit + 1;
  }
}
