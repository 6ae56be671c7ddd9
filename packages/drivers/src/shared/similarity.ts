import type { Metric } from "@palimpsest/core";

/** Length of a vector; summed in double precision, where no float32 input over- or underflows. */
export function norm(vector: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) * (vector[i] as number);
  return Math.sqrt(squares);
}

/** Nearly the same, in four sums that the processor adds at the same time; for bounds and checks. */
export function quickNorm(vector: Float32Array): number {
  const unrolled = vector.length - (vector.length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < unrolled; i += 4) {
    a += (vector[i] as number) * (vector[i] as number);
    b += (vector[i + 1] as number) * (vector[i + 1] as number);
    c += (vector[i + 2] as number) * (vector[i + 2] as number);
    d += (vector[i + 3] as number) * (vector[i + 3] as number);
  }
  for (let i = unrolled; i < vector.length; i++) {
    a += (vector[i] as number) * (vector[i] as number);
  }
  return Math.sqrt(a + b + c + d);
}

/**
 * The one definition of a score in [0, 1], from exact vectors: every way of scanning ends here, so
 * they all agree to the last bit. A zero vector is near to nothing under cosine.
 */
export function score(
  metric: Metric,
  query: Float32Array,
  queryNorm: number,
  stored: Float32Array,
): number {
  if (metric === "l2") return 1 / (1 + distance(query, stored));
  let dot = 0;
  let squares = 0;
  for (let i = 0; i < query.length; i++) {
    const value = stored[i] as number;
    dot += (query[i] as number) * value;
    squares += value * value;
  }
  const product = metric === "ip" ? 1 : queryNorm * Math.sqrt(squares);
  return product === 0 ? 0 : Math.min(1, Math.max(0, dot / product));
}

function distance(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}
