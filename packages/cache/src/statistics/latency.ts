/** Upper bounds grow by this factor, so a percentile is at most that much too high. */
const growth = 1.28;
const lowest = 0.1;

/** Buckets of a latency histogram: from 0.1 ms to about ten minutes. Fixed, so that counts of processes add up. */
export const latencyBuckets = 64;

const logGrowth = Math.log(growth);

/** The bucket of a duration in milliseconds; what is longer than the last counts into it. */
export function latencyBucketOf(milliseconds: number): number {
  if (!(milliseconds > lowest)) return 0;
  const bucket = Math.ceil(Math.log(milliseconds / lowest) / logGrowth - 1e-9);
  return Math.min(latencyBuckets - 1, bucket);
}

/** What no duration of the bucket exceeds, in milliseconds; the last one has no such bound. */
export function latencyBoundOf(bucket: number): number {
  return lowest * growth ** bucket;
}

/**
 * The duration that a share `q` of all did not exceed, in milliseconds, rounded up to its bucket's bound.
 * @returns undefined without any
 */
export function latencyPercentile(counts: readonly number[], q: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  const bucket = counts.findIndex((count) => (seen += count) >= rank);
  return Number(latencyBoundOf(bucket).toPrecision(3));
}
