/** Token of a byte sequence, written as a string of one character per byte, to its merge rank. */
export type Ranks = ReadonlyMap<string, number>;

const none = -1;
/** Ranks stay below 2^18 and positions below 2^32, so both fit one exact double. */
const positions = 2 ** 32;

/**
 * How many tokens byte pair merging leaves of one piece: always the pair of lowest rank first, the
 * leftmost of equals. A heap makes it n log n, where the library's own scan is quadratic.
 */
export function countMerged(piece: string, ranks: Ranks): number {
  const size = piece.length;
  const next = Int32Array.from({ length: size }, (_, i) => i + 1);
  const previous = Int32Array.from({ length: size }, (_, i) => i - 1);
  const pairs = new Int32Array(size).fill(none);
  const heap = new Heap(3 * size);
  /** Looks up the pair that starts at `at`; an older entry of the heap becomes stale. */
  const offer = (at: number): void => {
    const second = next[at]!;
    const rank = second < size ? ranks.get(piece.slice(at, next[second]!)) : undefined;
    pairs[at] = rank ?? none;
    if (rank !== undefined) heap.push(rank * positions + at);
  };
  for (let at = 0; at < size - 1; at++) offer(at);
  let tokens = size;
  for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
    const at = entry % positions;
    if (pairs[at] !== (entry - at) / positions) continue;
    const merged = next[at]!;
    const after = next[merged]!;
    next[at] = after;
    pairs[merged] = none;
    if (after < size) previous[after] = at;
    tokens--;
    offer(at);
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  return tokens;
}

/** A binary heap of numbers, the least on top. Each merge offers at most two pairs. */
class Heap {
  readonly #items: Float64Array;
  #size = 0;

  constructor(capacity: number) {
    this.#items = new Float64Array(capacity);
  }

  push(item: number): void {
    const items = this.#items;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (items[parent]! <= item) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = item;
  }

  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const items = this.#items;
    const top = items[0]!;
    const last = items[--this.#size]!;
    let hole = 0;
    for (let child = 1; child < this.#size; child = 2 * hole + 1) {
      if (child + 1 < this.#size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = last;
    return top;
  }
}
