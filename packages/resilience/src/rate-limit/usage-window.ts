/**
 * How much of a limit was used in the last interval. Use is kept by slices of time, and a slice is
 * forgotten a whole interval after its end: no interval ever holds more than was let through, at the
 * price of one slice more to wait.
 */
export class UsageWindow {
  readonly limit: number;
  readonly #interval: number;
  readonly #slice: number;
  readonly #slices: number;
  /** By number of the slice since the epoch, oldest first; bounded by the number of slices. */
  readonly #used = new Map<number, number>();
  #sum = 0;
  #newest = -Infinity;

  /**
   * @param limit - what one interval allows
   * @param interval - milliseconds
   */
  constructor(limit: number, interval: number, slices: number) {
    this.limit = limit;
    this.#interval = interval;
    this.#slices = slices;
    this.#slice = interval / slices;
  }

  /**
   * Milliseconds until `amount` fits, 0 when it does. What is more than one interval allows takes
   * whole intervals besides: so long is the wait at least, whoever else comes.
   */
  waitFor(amount: number, now: number): number {
    if (this.limit === Infinity) return 0;
    const whole = Math.max(0, Math.ceil(amount / this.limit) - 1);
    return whole * this.#interval + this.#waitForPart(amount - whole * this.limit, now);
  }

  #waitForPart(amount: number, now: number): number {
    this.#advance(now);
    let over = this.#sum + amount - this.limit;
    if (over <= 0) return 0;
    let free = now;
    for (const [slice, used] of this.#used) {
      over -= used;
      free = (slice + this.#slices + 1) * this.#slice;
      if (over <= 0) break;
    }
    // Rounding must not let a call through that does not fit.
    return Math.max(1, free - now);
  }

  /** @returns the slice that was charged, for a correction */
  use(amount: number, now: number): number {
    this.#advance(now);
    this.#charge(this.#newest, amount);
    return this.#newest;
  }

  /** Corrects what was charged to a slice; no matter once the slice is forgotten. */
  correct(slice: number, amount: number): void {
    if (this.#used.has(slice)) this.#charge(slice, amount);
  }

  #charge(slice: number, amount: number): void {
    this.#used.set(slice, (this.#used.get(slice) ?? 0) + amount);
    this.#sum += amount;
  }

  /** The clock was set back by more than an interval: what is used counts as used now, not in the future. */
  #startAnew(current: number): void {
    this.#used.clear();
    this.#used.set(current, this.#sum);
    this.#newest = current;
  }

  /** A clock that goes back counts as standing still: time already seen is used already. */
  #advance(now: number): void {
    const current = Math.floor(now / this.#slice);
    if (current < this.#newest - this.#slices) this.#startAnew(current);
    this.#newest = Math.max(this.#newest, current);
    for (const [slice, used] of this.#used) {
      if (slice >= this.#newest - this.#slices) break;
      this.#used.delete(slice);
      this.#sum -= used;
    }
  }
}
