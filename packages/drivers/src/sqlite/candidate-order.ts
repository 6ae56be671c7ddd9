/**
 * Indices of `bounds` by descending value. Yields a small head without sorting the rest, because a
 * search nearly always stops there.
 */
export function* descending(bounds: Float64Array, head: number): Generator<number> {
  const cut = nthLargest(bounds, head);
  yield* sorted(bounds, (bound) => bound >= cut);
  yield* sorted(bounds, (bound) => bound < cut);
}

function sorted(bounds: Float64Array, wanted: (bound: number) => boolean): number[] {
  const indices: number[] = [];
  for (let i = 0; i < bounds.length; i++) if (wanted(bounds[i] as number)) indices.push(i);
  return indices.toSorted((a, b) => (bounds[b] as number) - (bounds[a] as number));
}

/** -Infinity when there are fewer than `n`. With a min-heap: one comparison for most values. */
export function nthLargest(values: Float64Array, n: number): number {
  if (values.length < n) return -Infinity;
  const heap = values.slice(0, n).toSorted();
  for (let i = n; i < values.length; i++) {
    const value = values[i] as number;
    if (value > (heap[0] as number)) replaceLeast(heap, value);
  }
  return heap[0] as number;
}

function replaceLeast(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= value) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = value;
}
