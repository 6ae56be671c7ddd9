import type { Metric } from "../vector-index.ts";

interface Measured {
  readonly vector: Float32Array;
  readonly norm: number;
}

/** In [0, 1], high is near. A zero vector has no direction and is near to nothing. */
export function score(metric: Metric, a: Measured, b: Measured): number {
  if (metric === "l2") return 1 / (1 + distance(a.vector, b.vector));
  const length = metric === "ip" ? 1 : a.norm * b.norm;
  // Rounding can carry a cosine a little past 1.
  return length === 0 ? 0 : Math.min(1, Math.max(0, dot(a.vector, b.vector) / length));
}

export function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}
