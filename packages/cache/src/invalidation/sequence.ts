/** More messages than this out of order count as missed. */
const mostAhead = 10_000;

/**
 * Tells whether messages were missed. Every invalidation has the next number of a counter in the
 * store; messages may arrive in any order, so a gap is looked at one check later.
 */
export class Sequence {
  /** Every number up to this one was seen, or its loss was reported. */
  #seen: number | undefined;
  readonly #ahead = new Set<number>();
  #expected = 0;

  /** A message of this or another process arrived. */
  see(number: number): void {
    if (this.#seen === undefined || number <= this.#seen) return;
    this.#ahead.add(number);
    while (this.#ahead.delete(this.#seen + 1)) this.#seen++;
    if (this.#ahead.size > mostAhead) this.#ahead.clear();
  }

  /**
   * Compares with the counter.
   * @param counter - as the store has it now
   * @param isListening - whether messages arrive at all; else each change is one that was missed
   * @returns whether invalidations happened of which this process does not know
   */
  check(counter: number, isListening: boolean): boolean {
    const seen = this.#seen;
    // A counter that went back was lost with the store's data.
    const isFirst = seen === undefined || counter < seen;
    const due = isListening ? this.#expected : counter;
    this.#expected = counter;
    if (!isFirst && seen >= due) return false;
    this.#seen = isFirst ? counter : due;
    for (const number of this.#ahead) if (number <= this.#seen) this.#ahead.delete(number);
    while (this.#ahead.delete(this.#seen + 1)) this.#seen++;
    return true;
  }
}
