import type { CacheKey } from "../cache-key.ts";

/** An entry that is near enough. */
export interface Near {
  readonly key: CacheKey;
  readonly text: string;
  /** Cosine. */
  readonly score: number;
}

interface Row {
  readonly key: CacheKey;
  readonly text: string;
}

const leastRows = 16;

/**
 * Unit vectors of one partition, row by row in one array: ten thousand of them are compared in a few
 * milliseconds, which needs no index. The least recently used row makes room for a new one.
 */
export class VectorMatrix {
  readonly #dimension: number;
  readonly #maxRows: number;
  /** In order of use, the oldest first. */
  readonly #rowOf = new Map<CacheKey, number>();
  readonly #rows: Row[] = [];
  #values: Float32Array;

  constructor(dimension: number, maxRows: number) {
    this.#dimension = dimension;
    this.#maxRows = maxRows;
    this.#values = new Float32Array(Math.min(leastRows, maxRows) * dimension);
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  has(key: CacheKey): boolean {
    return this.#rowOf.has(key);
  }

  /** Without effect for a vector without direction. */
  add(key: CacheKey, text: string, vector: Float32Array): void {
    const unit = unitOf(vector);
    if (unit === undefined) return;
    this.delete(key);
    if (this.#rows.length >= this.#maxRows) this.#deleteOldest();
    const row = this.#rows.push({ key, text }) - 1;
    this.#reserve(this.#rows.length);
    this.#values.set(unit, row * this.#dimension);
    this.#rowOf.set(key, row);
  }

  delete(key: CacheKey): void {
    const row = this.#rowOf.get(key);
    if (row === undefined) return;
    this.#rowOf.delete(key);
    const last = this.#rows.pop();
    if (last === undefined || last.key === key) return;
    // The last row moves into the gap; setting a known key keeps its place in the order of use.
    this.#rows[row] = last;
    this.#rowOf.set(last.key, row);
    const from = this.#rows.length * this.#dimension;
    this.#values.copyWithin(row * this.#dimension, from, from + this.#dimension);
  }

  /** Marks an entry as used just now. */
  touch(key: CacheKey): void {
    const row = this.#rowOf.get(key);
    if (row === undefined) return;
    this.#rowOf.delete(key);
    this.#rowOf.set(key, row);
  }

  /** What has at least this cosine, best first. */
  near(vector: Float32Array, threshold: number): Near[] {
    const unit = unitOf(vector);
    if (unit === undefined) return [];
    const found: Near[] = [];
    for (const [row, { key, text }] of this.#rows.entries()) {
      const score = this.#dot(unit, row * this.#dimension);
      if (score >= threshold) found.push({ key, text, score });
    }
    return found.toSorted((a, b) => b.score - a.score);
  }

  #dot(unit: Float32Array, start: number): number {
    const values = this.#values;
    let sum = 0;
    for (let i = 0; i < unit.length; i++)
      sum += (unit[i] as number) * (values[start + i] as number);
    return sum;
  }

  #deleteOldest(): void {
    const oldest = this.#rowOf.keys().next();
    if (!oldest.done) this.delete(oldest.value);
  }

  #reserve(rows: number): void {
    if (rows * this.#dimension <= this.#values.length) return;
    const grown = new Float32Array(Math.min(rows * 2, this.#maxRows) * this.#dimension);
    grown.set(this.#values);
    this.#values = grown;
  }
}

function unitOf(vector: Float32Array): Float32Array | undefined {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 && Number.isFinite(length) ? vector.map((value) => value / length) : undefined;
}
