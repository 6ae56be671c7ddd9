import { numberOption } from "../number-option.ts";
import { SlidingWindow } from "../sliding-window.ts";

/** Each bucket reaches 3 % further than the one before, and so far a quantile may be above the exact one. */
const growth = 1.03;
/** The last bucket holds everything above some twenty minutes. */
const buckets = 480;
const slices = 6;

/** Quantiles of the latencies of the last so many milliseconds, in fixed memory: buckets of growing width. */
export class LatencyWindow {
  readonly #window: SlidingWindow;

  /** @param length - milliseconds after which a latency is forgotten, to within a sixth */
  constructor(length: number) {
    this.#window = new SlidingWindow({ length, slices, counters: buckets });
  }

  /** @param latency - milliseconds */
  add(latency: number, now: number): void {
    this.#window.add(bucketOf(latency), 1, now);
  }

  count(now: number): number {
    let count = 0;
    for (let bucket = 0; bucket < buckets; bucket++) count += this.#window.sum(bucket, now);
    return count;
  }

  /**
   * The latency that a part `q` of the calls does not exceed: never below the exact one, or calls that
   * are all alike would seem late. @returns undefined without any latency
   */
  quantile(q: number, now: number): number | undefined {
    numberOption("the quantile", q, { atLeast: 0, atMost: 1 });
    const total = this.count(now);
    if (total === 0) return undefined;
    let rest = Math.max(1, Math.ceil(q * total));
    for (let bucket = 0; bucket < buckets; bucket++) {
      rest -= this.#window.sum(bucket, now);
      if (rest <= 0) return endOf(bucket);
    }
    return endOf(buckets - 1);
  }
}

function bucketOf(latency: number): number {
  const bucket = Math.floor(Math.log(Math.max(1, latency)) / Math.log(growth));
  return Math.min(buckets - 1, bucket);
}

function endOf(bucket: number): number {
  return growth ** (bucket + 1);
}
