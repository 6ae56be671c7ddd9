import { PalimpsestError } from "@palimpsest/core";

/** What was found out about answers that would have been served. */
export interface FalseHitCounts {
  /** Answers compared with fresh ones. */
  readonly samples: number;
  /** Of these, how many were not the same. */
  readonly falseHits: number;
}

export interface EvidenceOptions {
  /** Comparisons before anything may be served. @defaultValue 300 */
  readonly minSamples?: number;
  /** The share of wrong answers that is allowed. @defaultValue 0.01 */
  readonly maxFalseHitRate?: number;
  /** Only that many latest comparisons count. @defaultValue 1000 */
  readonly window?: number;
  /** Counts of an earlier run, to go on from. */
  readonly evidence?: FalseHitCounts;
}

/** Of a one-sided confidence of 95 %. */
const z = 1.6449;

/** Whether enough was seen to say that false hits are rare: by the upper bound, not by luck. */
export class FalseHitEvidence {
  readonly #minSamples: number;
  readonly #maxRate: number;
  readonly #window: number;
  /** Whether each was false, the oldest first. */
  readonly #samples: boolean[];
  #falseHits: number;

  /** @throws `E_INVALID_INPUT` naming the option */
  constructor(options: EvidenceOptions = {}) {
    const { minSamples = 300, maxFalseHitRate = 0.01, window = 1_000, evidence } = options;
    const { samples, falseHits } = evidence ?? { samples: 0, falseHits: 0 };
    if (!(minSamples >= 1 && window >= 1 && maxFalseHitRate > 0 && maxFalseHitRate < 1)) {
      throw refused("needs minSamples and window from 1 on, and maxFalseHitRate between 0 and 1");
    }
    if (![samples, falseHits].every(Number.isSafeInteger) || falseHits < 0 || falseHits > samples) {
      throw refused(`cannot go on from ${falseHits} false hits in ${samples} samples`);
    }
    this.#minSamples = minSamples;
    this.#maxRate = maxFalseHitRate;
    this.#window = Math.max(window, minSamples);
    const size = Math.min(samples, this.#window);
    const share = samples === 0 ? 0 : falseHits / samples;
    const falseUntil = (i: number) => Math.max(0, Math.ceil(i * share - 1e-9));
    this.#falseHits = falseUntil(size);
    // Spread evenly: were they the oldest, a restart would soon have them forgotten.
    this.#samples = Array.from({ length: size }, (_, i) => falseUntil(i + 1) > falseUntil(i));
  }

  get counts(): FalseHitCounts {
    return { samples: this.#samples.length, falseHits: this.#falseHits };
  }

  /** The true rate is below this with a confidence of 95 % (Wilson); 1 without samples. */
  get rateBound(): number {
    const n = this.#samples.length;
    if (n === 0) return 1;
    const rate = this.#falseHits / n;
    const spread = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
    return Math.min(1, (rate + (z * z) / (2 * n) + spread) / (1 + (z * z) / n));
  }

  get isEnough(): boolean {
    return this.#samples.length >= this.#minSamples && this.rateBound <= this.#maxRate;
  }

  add(isFalse: boolean): void {
    this.#samples.push(isFalse);
    if (isFalse) this.#falseHits += 1;
    if (this.#samples.length > this.#window && this.#samples.shift()) this.#falseHits -= 1;
  }
}

function refused(problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `the evidence of false hits ${problem}`);
}
