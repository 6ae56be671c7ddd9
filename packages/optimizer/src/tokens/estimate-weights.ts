import type { EstimateError } from "./cross-validate.ts";

interface Fitted {
  /** Tokens per feature, in the order of `featureNames`. */
  readonly weights: readonly number[];
  readonly error: EstimateError;
}

/** Fitted to fixtures/token-counts.json; a test fits them again and compares. */
export const estimateWeights: Readonly<
  Record<"o200k_base" | "cl100k_base" | "claude" | "gemini" | "llama", Fitted>
> = {
  o200k_base: {
    weights: [
      0.911, 0.233, 0.809, 0.375, 0.255, 0.399, 0.38, 0.742, 0.636, 0.664, 0.389, 0.473, 0.847, 0,
      0.516, 0.06, 0.532,
    ],
    error: { mean: 0.089, p95: 0.256, samples: 127 },
  },
  cl100k_base: {
    weights: [
      0.991, 0.275, 0.752, 1.042, 0.515, 0.947, 1.013, 1.08, 0.828, 1.059, 0.398, 0.492, 0.717, 0,
      0.485, 0.065, 0.63,
    ],
    error: { mean: 0.104, p95: 0.298, samples: 127 },
  },
  claude: {
    weights: [
      1.076, 0.273, 0.785, 1.425, 0.579, 1.07, 1.357, 1.013, 0.856, 1.152, 0.281, 0.562, 0.824,
      0.023, 0.521, 0.041, 0.637,
    ],
    error: { mean: 0.1, p95: 0.3, samples: 127 },
  },
  gemini: {
    weights: [
      0.904, 0.215, 0.806, 0.28, 0.237, 0.431, 0.401, 0.641, 0.337, 0.797, 0.766, 0.611, 1.033, 0,
      0.737, 0.129, 0.544,
    ],
    error: { mean: 0.077, p95: 0.198, samples: 127 },
  },
  llama: {
    weights: [
      0.968, 0.33, 0.684, 0.322, 0.308, 0.489, 0.543, 0.791, 0.567, 0.69, 0.402, 0.501, 0.684, 0,
      0.465, 0.065, 0.611,
    ],
    error: { mean: 0.114, p95: 0.329, samples: 127 },
  },
};
