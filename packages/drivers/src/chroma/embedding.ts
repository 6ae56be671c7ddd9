import type { Metric } from "@palimpsest/core";

/** Nine decimals are finer than single precision for what counts in a unit vector, and half as long to send. */
const decimals = 1e9;

/**
 * What Chroma is given for a vector. For cosine it is normalised here in double precision, because
 * the server does so in single precision, where large values overflow.
 */
export function toEmbedding(vector: Float32Array, metric: Metric): number[] {
  if (metric !== "cosine") return Array.from(vector);
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (length === 0) return Array.from(vector);
  const scale = decimals / length;
  return Array.from(vector, (value) => Math.round(value * scale) / decimals);
}

/**
 * A score in [0, 1] from a distance as Chroma reports it: squared for l2, 1 − product otherwise.
 * A distance beyond single precision arrives as null.
 */
export function toScore(distance: number | null, metric: Metric): number {
  if (distance === null) return 0;
  if (metric === "l2") return 1 / (1 + Math.sqrt(Math.max(0, distance)));
  return Math.min(1, Math.max(0, 1 - distance));
}
