import { compareKeys, type IndexHit } from "@palimpsest/core";

/** The first `k` hits by score, ties by scope and id. */
export class BestHits {
  readonly #k: number;
  #hits: IndexHit[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** No candidate scoring below this can be among the first `k` any more. */
  get threshold(): number {
    return this.#hits.length < this.#k ? -Infinity : (this.#hits[this.#k - 1]?.score ?? Infinity);
  }

  add(hit: IndexHit): void {
    let low = 0;
    let high = this.#hits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareHits(this.#hits[middle] as IndexHit, hit) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low >= this.#k) return;
    this.#hits.splice(low, 0, hit);
    if (this.#hits.length > this.#k) this.#hits.pop();
  }

  list(): IndexHit[] {
    return this.#hits;
  }
}

function compareHits(a: IndexHit, b: IndexHit): number {
  return b.score - a.score || compareKeys(a, b);
}
