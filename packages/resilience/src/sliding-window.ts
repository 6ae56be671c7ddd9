import { numberOption } from "./number-option.ts";

export interface SlidingWindowOptions {
  /** Milliseconds after which a count is forgotten, to within one slice. */
  readonly length: number;
  /** How many independent counters it has. @defaultValue 1 */
  readonly counters?: number;
  /** Pieces in which counts expire; more are finer and larger. @defaultValue 10 */
  readonly slices?: number;
}

/** The counts of a window as plain data, for another process to go on with. */
export interface SlidingWindowSnapshot {
  /** Milliseconds of one slice. */
  readonly slice: number;
  /** Number of the newest slice since the epoch. */
  readonly newest: number;
  /** Counts by slice, the newest last, each with one number per counter. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Counts over the last so many milliseconds. Slices expire by the time that is given, not by calls
 * that arrive, so a pause forgets as much as a busy time. No timer; memory is fixed.
 */
export class SlidingWindow {
  readonly #slice: number;
  readonly #slices: number;
  readonly #counters: number;
  /** A ring: slice `n` is at `n % slices`, its counters side by side; behind it the sums of all slices. */
  readonly #counts: number[];
  readonly #sums: number;
  #newest = -Infinity;
  /** Slices by which the clock was set back. */
  #shift = 0;

  constructor({ length, counters = 1, slices = 10 }: SlidingWindowOptions) {
    numberOption("the window's length in milliseconds", length, { above: 0, atMost: 2 ** 53 });
    this.#slices = numberOption("slices", slices, { atLeast: 1, integer: true });
    this.#counters = numberOption("counters", counters, { atLeast: 1, integer: true });
    this.#slice = length / slices;
    this.#sums = slices * counters;
    this.#counts = Array.from({ length: this.#sums + counters }, () => 0);
  }

  /**
   * @param now - epoch milliseconds; a time before the newest known counts as the newest, and one a whole
   * window before it shows that the clock was set back: the window goes on from there
   */
  add(counter: number, amount: number, now: number): void {
    this.#advance(now);
    this.#counts[this.#start(this.#newest) + counter]! += amount;
    this.#counts[this.#sums + counter]! += amount;
  }

  sum(counter: number, now: number): number {
    this.#advance(now);
    return this.#counts[this.#sums + counter] ?? 0;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  snapshot(now: number): SlidingWindowSnapshot {
    this.#advance(now);
    const counts = Array.from({ length: this.#slices }, (_, index) => {
      const start = this.#start(this.#newest - this.#slices + 1 + index);
      return this.#counts.slice(start, start + this.#counters);
    });
    return { slice: this.#slice, newest: this.#newest - this.#shift, counts };
  }

  /** Takes over counts of a window of the same shape; those of another, or from the future, are left out. */
  restore({ slice, newest, counts }: SlidingWindowSnapshot, now: number): void {
    const sameShape =
      slice === this.#slice &&
      newest <= Math.floor(now / this.#slice) &&
      counts.length === this.#slices &&
      counts.every(
        (row) =>
          row.length === this.#counters &&
          row.every((count) => count >= 0 && Number.isFinite(count)),
      );
    if (!sameShape) return;
    this.clear();
    this.#newest = newest;
    this.#shift = 0;
    for (const [index, row] of counts.entries()) {
      const start = this.#start(newest - this.#slices + 1 + index);
      for (const [counter, count] of row.entries()) {
        this.#counts[start + counter] = count;
        this.#counts[this.#sums + counter]! += count;
      }
    }
  }

  #advance(now: number): void {
    const current = Math.floor(now / this.#slice) + this.#shift;
    if (current <= this.#newest) {
      if (current <= this.#newest - this.#slices) this.#shift += this.#newest - current;
      return;
    }
    if (current - this.#newest >= this.#slices) this.clear();
    else for (let slice = this.#newest + 1; slice <= current; slice += 1) this.#drop(slice);
    this.#newest = current;
  }

  #drop(slice: number): void {
    const start = this.#start(slice);
    for (let counter = 0; counter < this.#counters; counter += 1) {
      this.#counts[this.#sums + counter]! -= this.#counts[start + counter] ?? 0;
      this.#counts[start + counter] = 0;
    }
  }

  #start(slice: number): number {
    const position = ((slice % this.#slices) + this.#slices) % this.#slices;
    return position * this.#counters;
  }
}
