/** The first `k` items by `compare`, in order, holding at most about `2k` at a time. */
export function top<T>(items: Iterable<T>, k: number, compare: (a: T, b: T) => number): T[] {
  if (k === 0) return [];
  let best: T[] = [];
  let worst: T | undefined;
  for (const item of items) {
    if (worst !== undefined && compare(item, worst) >= 0) continue;
    best.push(item);
    if (best.length >= 2 * k + 64) {
      best = best.toSorted(compare).slice(0, k);
      worst = best.at(-1);
    }
  }
  return best.toSorted(compare).slice(0, k);
}
