import type { CacheKey } from "../cache-key.ts";
import { type Near, VectorMatrix } from "./vector-matrix.ts";

export interface SemanticIndexOptions {
  readonly dimension: number;
  /** Per partition. */
  readonly maxEntries: number;
  /** Of all partitions together. */
  readonly maxBytes: number;
}

/** Vectors by partition: what one partition holds, no other one finds. */
export class SemanticIndex {
  readonly #dimension: number;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  /** In order of use, the oldest first. */
  readonly #partitions = new Map<string, VectorMatrix>();

  constructor({ dimension, maxEntries, maxBytes }: SemanticIndexOptions) {
    this.#dimension = dimension;
    this.#maxBytes = maxBytes;
    const fitting = Math.floor(maxBytes / (dimension * Float32Array.BYTES_PER_ELEMENT));
    this.#maxRows = Math.max(1, Math.min(maxEntries, fitting));
  }

  get size(): number {
    return [...this.#partitions.values()].reduce((sum, { size }) => sum + size, 0);
  }

  has(partition: string, key: CacheKey): boolean {
    return this.#partitions.get(partition)?.has(key) ?? false;
  }

  near(partition: string, vector: Float32Array, threshold: number): readonly Near[] {
    return this.#used(partition)?.near(vector, threshold) ?? [];
  }

  add(partition: string, entry: { key: CacheKey; text: string; vector: Float32Array }): void {
    const matrix = this.#used(partition) ?? new VectorMatrix(this.#dimension, this.#maxRows);
    this.#partitions.set(partition, matrix);
    matrix.add(entry.key, entry.text, entry.vector);
    this.#dropOldest();
  }

  touch(partition: string, key: CacheKey): void {
    this.#partitions.get(partition)?.touch(key);
  }

  delete(partition: string, key: CacheKey): void {
    this.#partitions.get(partition)?.delete(key);
  }

  clear(): void {
    this.#partitions.clear();
  }

  #used(partition: string): VectorMatrix | undefined {
    const matrix = this.#partitions.get(partition);
    if (matrix === undefined) return undefined;
    this.#partitions.delete(partition);
    this.#partitions.set(partition, matrix);
    return matrix;
  }

  #dropOldest(): void {
    let bytes = [...this.#partitions.values()].reduce((sum, matrix) => sum + matrix.bytes, 0);
    for (const [partition, matrix] of this.#partitions) {
      if (bytes <= this.#maxBytes || this.#partitions.size === 1) return;
      this.#partitions.delete(partition);
      bytes -= matrix.bytes;
    }
  }
}
