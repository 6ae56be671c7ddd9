import type { Metric } from "@palimpsest/core";
import { scoreBound } from "./score-bound.ts";
import { norm, quickNorm } from "../shared/similarity.ts";

const chunkRows = 1024;

interface Chunk {
  readonly values: Int8Array;
  readonly seqs: Float64Array;
  readonly norms: Float64Array;
  /** Size of one step of a row's values. */
  readonly scales: Float64Array;
  /** Length of what quantisation took away from the row's unit vector; -Infinity for a dropped row. */
  readonly errors: Float64Array;
}

/**
 * Unit vectors as 8-bit integers, a quarter of their size, with an exact bound of each row's error:
 * a scan gives values that no true score exceeds, so the true best can be found by rescoring few.
 */
export class QuantisedMatrix {
  readonly #dimension: number;
  readonly #chunks: Chunk[] = [];
  /** One scan's answer, used again by the next. */
  #bounds = new Float64Array(0);
  #rows = 0;
  #lastSeq = 0;

  constructor(dimension: number) {
    this.#dimension = dimension;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The highest `seq` ever added; rows come in this order. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Bytes per row, for a cache's budget. */
  static rowBytes(dimension: number): number {
    return dimension + 40;
  }

  add(seq: number, vector: Float32Array): void {
    const at = this.#rows % chunkRows;
    if (at === 0) this.#chunks.push(newChunk(this.#dimension));
    const chunk = this.#chunks.at(-1) as Chunk;
    const length = quickNorm(vector);
    chunk.seqs[at] = seq;
    chunk.norms[at] = length;
    const row = chunk.values.subarray(at * this.#dimension, (at + 1) * this.#dimension);
    const { scale, error } = quantise(vector, length, 127, row);
    chunk.scales[at] = scale;
    chunk.errors[at] = error;
    this.#rows++;
    this.#lastSeq = seq;
  }

  seqAt(index: number): number {
    return this.#chunk(index).seqs[index % chunkRows] as number;
  }

  /** Forgets a row whose vector is gone. */
  drop(index: number): void {
    this.#chunk(index).errors[index % chunkRows] = -Infinity;
  }

  /** For every row a value that its score does not exceed; valid until the next call. */
  bounds(metric: Metric, query: Float32Array): Float64Array {
    const queryNorm = norm(query);
    const steps = new Int32Array(this.#dimension);
    const { scale, error } = quantise(query, queryNorm, largestStep(this.#dimension), steps);
    if (this.#bounds.length < this.#rows) {
      this.#bounds = new Float64Array(this.#chunks.length * chunkRows);
    }
    const bounds = this.#bounds.subarray(0, this.#rows);
    for (let i = 0; i < this.#rows; i++) {
      const chunk = this.#chunk(i);
      const at = i % chunkRows;
      const rowError = chunk.errors[at] as number;
      const dot = product(chunk.values, at * this.#dimension, steps);
      const cosine = dot * scale * (chunk.scales[at] as number) + rowError + error * (1 + rowError);
      bounds[i] =
        rowError === -Infinity
          ? rowError
          : scoreBound(metric, cosine, queryNorm, chunk.norms[at] as number);
    }
    return bounds;
  }

  #chunk(index: number): Chunk {
    return this.#chunks[Math.floor(index / chunkRows)] as Chunk;
  }
}

function newChunk(dimension: number): Chunk {
  return {
    values: new Int8Array(chunkRows * dimension),
    seqs: new Float64Array(chunkRows),
    norms: new Float64Array(chunkRows),
    scales: new Float64Array(chunkRows),
    errors: new Float64Array(chunkRows),
  };
}

/** Keeps sums of products within 32 bits. */
function largestStep(dimension: number): number {
  return Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * dimension)));
}

/** Writes the unit vector in whole steps. A zero vector has no direction and no error. */
function quantise(
  vector: Float32Array,
  length: number,
  most: number,
  steps: Int8Array | Int32Array,
): { scale: number; error: number } {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i] as number);
    if (size > largest) largest = size;
  }
  if (largest === 0) return { scale: 0, error: 0 };
  const inverse = most / largest;
  const step = largest / most;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] as number;
    const exact = value * inverse;
    const whole = (exact < 0 ? exact - 0.5 : exact + 0.5) | 0;
    steps[i] = whole;
    const rest = value - whole * step;
    squares += rest * rest;
  }
  return { scale: step / length, error: Math.sqrt(squares) / length };
}

/** Four sums, so that the processor need not wait for one. */
function product(values: Int8Array, start: number, steps: Int32Array): number {
  const length = steps.length;
  const unrolled = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = start;
  for (let i = 0; i < unrolled; i += 4, at += 4) {
    a = (a + Math.imul(values[at] as number, steps[i] as number)) | 0;
    b = (b + Math.imul(values[at + 1] as number, steps[i + 1] as number)) | 0;
    c = (c + Math.imul(values[at + 2] as number, steps[i + 2] as number)) | 0;
    d = (d + Math.imul(values[at + 3] as number, steps[i + 3] as number)) | 0;
  }
  for (let i = unrolled; i < length; i++, at++) {
    a = (a + Math.imul(values[at] as number, steps[i] as number)) | 0;
  }
  return a + b + c + d;
}
