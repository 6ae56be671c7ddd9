import type { Metric } from "@palimpsest/core";

/**
 * What Chroma is given for a vector. For cosine it is normalised here in double precision, because
 * the server does so in single precision, where large values overflow.
 */
export function toEmbedding(vector: Float32Array, metric: Metric): number[] {
  if (metric !== "cosine") return Array.from(vector);
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  return length === 0 ? Array.from(vector) : Array.from(vector, (value) => value / length);
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
