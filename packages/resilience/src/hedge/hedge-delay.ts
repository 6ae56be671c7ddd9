import { numberOption } from "../number-option.ts";
import { LatencyWindow } from "./latency-window.ts";

export interface PercentileDelay {
  /** Part of the calls whose first token comes without a hedge. @defaultValue 0.95 */
  readonly percentile?: number;
  /** Times the median that the delay is at least: where all are alike, the slowest are not late. @defaultValue 1.5 */
  readonly medians?: number;
  /** Milliseconds over which first tokens are remembered. @defaultValue 300,000 */
  readonly window?: number;
  /** First tokens that must be remembered before anything is hedged. @defaultValue 20 */
  readonly minimumCalls?: number;
}

/** A percentile moves slowly; it is computed anew after so many milliseconds at most. */
const refresh = 1_000;

/** How long a call may be without a first token before it is hedged. */
export class HedgeDelay {
  readonly #fixed: number | undefined;
  readonly #percentile: number;
  readonly #medians: number;
  readonly #minimumCalls: number;
  readonly #window: LatencyWindow;
  #current: number | undefined;
  #computedAt = -Infinity;

  /** @param delay - milliseconds, or where among the latest first tokens */
  constructor(delay: number | PercentileDelay) {
    const options = typeof delay === "number" ? {} : delay;
    const { percentile = 0.95, medians = 1.5, window = 300_000, minimumCalls = 20 } = options;
    this.#fixed =
      typeof delay === "number"
        ? numberOption("the hedge's delay in milliseconds", delay, { atLeast: 0, below: 2 ** 31 })
        : undefined;
    this.#percentile = numberOption("percentile", percentile, { above: 0, below: 1 });
    this.#medians = numberOption("medians", medians, { atLeast: 0 });
    this.#minimumCalls = numberOption("minimumCalls", minimumCalls, { atLeast: 1, integer: true });
    this.#window = new LatencyWindow(window);
  }

  /** A first token, or the loss of a call without one, after so many milliseconds. */
  observe(latency: number, now: number): void {
    if (this.#fixed === undefined) this.#window.add(latency, now);
  }

  /** Milliseconds; undefined while too little is known. */
  at(now: number): number | undefined {
    if (this.#fixed !== undefined) return this.#fixed;
    if (Math.abs(now - this.#computedAt) >= refresh) {
      this.#current = this.#compute(now);
      this.#computedAt = now;
    }
    return this.#current;
  }

  #compute(now: number): number | undefined {
    if (this.#window.count(now) < this.#minimumCalls) return undefined;
    const late = this.#window.quantile(this.#percentile, now) ?? Infinity;
    const usual = this.#window.quantile(0.5, now) ?? Infinity;
    return Math.max(late, usual * this.#medians);
  }
}
