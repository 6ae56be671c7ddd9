import type { Metric } from "@palimpsest/core";

/** Covers the rounding of double precision sums. */
const rounding = 1e-9;

/** Turns an upper bound of the cosine into one of the score. */
export function scoreBound(
  metric: Metric,
  cosine: number,
  queryNorm: number,
  rowNorm: number,
): number {
  const most = Math.min(1, cosine + rounding);
  if (metric === "l2") {
    const sum = queryNorm * queryNorm + rowNorm * rowNorm;
    const squared = sum * (1 - rounding) - 2 * queryNorm * rowNorm * most;
    return Math.min(1, (1 + rounding) / (1 + Math.sqrt(Math.max(0, squared))));
  }
  const scaled = metric === "ip" ? most * queryNorm * rowNorm * (1 + rounding) : most;
  return Math.min(1, Math.max(0, scaled));
}
