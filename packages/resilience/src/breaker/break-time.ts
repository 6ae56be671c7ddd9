import { type Clock, randomShare } from "@palimpsest/core";

export interface BreakTimeOptions {
  /** Milliseconds that the circuit stays open at first. @defaultValue 15,000 */
  readonly initial?: number;
  /** Longest break in milliseconds. @defaultValue 300,000 */
  readonly maximum?: number;
  /** Growth from one failed trial to the next. @defaultValue 2 */
  readonly factor?: number;
  /** Share by which a break varies, so that many processes do not probe together. @defaultValue 0.2 */
  readonly jitter?: number;
}

/** How long a circuit stays open: longer after each trial that fails, from the start once it has closed. */
export class BreakTime {
  readonly #options: Required<BreakTimeOptions>;
  readonly #clock: Clock;
  readonly #random: () => number;
  #breaks = 0;
  #until = 0;
  #duration = 0;

  constructor(options: Required<BreakTimeOptions>, clock: Clock, random: () => number) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
  }

  /** Breaks in a row. */
  get breaks(): number {
    return this.#breaks;
  }

  /** Epoch milliseconds. */
  get until(): number {
    return this.#until;
  }

  /** Milliseconds until a probe may pass. */
  get remaining(): number {
    const now = this.#clock.now();
    // A clock that was set back makes no break longer.
    this.#until = Math.min(this.#until, now + this.#duration);
    return Math.max(0, this.#until - now);
  }

  /** Starts the next break. @returns its milliseconds */
  start(): number {
    const { initial, maximum, factor, jitter } = this.#options;
    const full = Math.min(maximum, initial * factor ** this.#breaks);
    const duration = Math.round(full * (1 + jitter * (2 * randomShare(this.#random) - 1)));
    this.#breaks += 1;
    this.#duration = duration;
    this.#until = this.#clock.now() + duration;
    return duration;
  }

  restore(breaks: number, until: number): void {
    this.#breaks = breaks;
    this.#duration = Math.min(until - this.#clock.now(), this.#options.maximum * 2);
    this.#until = this.#clock.now() + this.#duration;
  }

  reset(): void {
    this.#breaks = 0;
    this.#until = 0;
  }
}
