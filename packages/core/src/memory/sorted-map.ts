import { compareUtf8 } from "../document.ts";

/** Many keys are sorted in one go; few are inserted one by one. */
const fewKeys = 32;

/** A map from string keys that can be walked in UTF-8 order. New keys are sorted in when a walk needs them. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #unsorted = new Set<string>();
  #sorted: string[] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#unsorted.add(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    if (!this.#unsorted.delete(key)) this.#sorted.splice(this.#position(key), 1);
    return true;
  }

  /** In no particular order, without sorting. */
  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  /** In order, from `start`. The map must not change during the walk. */
  *walk(start: string | undefined, inclusive: boolean): Generator<[string, V]> {
    this.#sortIn();
    let i = start === undefined ? 0 : this.#position(start);
    if (!inclusive && this.#sorted[i] === start) i++;
    for (; i < this.#sorted.length; i++) {
      const key = this.#sorted[i] as string;
      yield [key, this.#values.get(key) as V];
    }
  }

  #sortIn(): void {
    if (this.#unsorted.size === 0) return;
    if (this.#unsorted.size <= fewKeys) {
      for (const key of this.#unsorted) this.#sorted.splice(this.#position(key), 0, key);
    } else {
      // The sort is adaptive: a sorted prefix costs one pass.
      this.#sorted = [...this.#sorted, ...[...this.#unsorted].toSorted(compareUtf8)].toSorted(
        compareUtf8,
      );
    }
    this.#unsorted.clear();
  }

  /** Where `key` is, or belongs, among the sorted keys. */
  #position(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(this.#sorted[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
