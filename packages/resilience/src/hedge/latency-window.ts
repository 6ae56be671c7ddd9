import { numberOption } from "../number-option.ts";
import { SlidingWindow } from "../sliding-window.ts";

/** Each bucket reaches 4 % further than the one before; a quantile is therefore off by at most 2 %. */
const growth = 1.04;
/** The last bucket holds everything above some twenty minutes. */
const buckets = 360;
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

  /** The latency that a part `q` of the calls does not exceed. @returns undefined without any latency */
  quantile(q: number, now: number): number | undefined {
    numberOption("the quantile", q, { atLeast: 0, atMost: 1 });
    const total = this.count(now);
    if (total === 0) return undefined;
    let rest = Math.max(1, Math.ceil(q * total));
    for (let bucket = 0; bucket < buckets; bucket++) {
      rest -= this.#window.sum(bucket, now);
      if (rest <= 0) return middleOf(bucket);
    }
    return middleOf(buckets - 1);
  }
}

function bucketOf(latency: number): number {
  const bucket = Math.floor(Math.log(Math.max(1, latency)) / Math.log(growth));
  return Math.min(buckets - 1, bucket);
}

/** The geometric middle, which is equally far from both ends by ratio. */
function middleOf(bucket: number): number {
  return growth ** (bucket + 0.5);
}
