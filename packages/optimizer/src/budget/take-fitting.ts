/** A selection that fits, with whatever measuring it made. */
export interface Taken<M> {
  /** Indexes into the candidates, ascending. */
  readonly taken: readonly number[];
  readonly measured: M | undefined;
}

/** Candidates that did not fit by themselves, after which the rest is left out unmeasured. */
const maxMisses = 8;

/**
 * Takes candidates in their order as long as `measure` accepts the selection; one that does not fit
 * is left out and smaller ones may follow. Gallops, so that measuring stays rare: about 2 log₂ of
 * the candidates taken, and a few for each miss.
 * @param measure what the selection comes to, or `undefined` when it does not fit
 */
export function takeFitting<M>(
  count: number,
  measure: (taken: readonly number[]) => M | undefined,
): Taken<M> {
  let best: Taken<M> = { taken: [], measured: undefined };
  let from = 0;
  for (let misses = 0; from < count && misses < maxMisses; misses++) {
    const gained = gallop(best, from, { count, measure });
    from += gained.taken.length - best.taken.length + 1;
    best = gained;
  }
  return best;
}

interface Search<M> {
  readonly count: number;
  readonly measure: (taken: readonly number[]) => M | undefined;
}

/** The longest run of candidates from `from` on that fits on top of `base`. */
function gallop<M>(base: Taken<M>, from: number, { count, measure }: Search<M>): Taken<M> {
  const available = count - from;
  let best = base;
  let fitting = 0;
  let tooMany = available + 1;
  while (tooMany - fitting > 1) {
    // Doubling until the first failure, halving the gap after it.
    const length =
      tooMany > available
        ? Math.min(Math.max(1, 2 * fitting), available)
        : Math.floor((fitting + tooMany) / 2);
    const taken = [...base.taken, ...Array.from({ length }, (_, i) => from + i)];
    const measured = measure(taken);
    if (measured === undefined) {
      tooMany = length;
    } else {
      best = { taken, measured };
      fitting = length;
    }
  }
  return best;
}
