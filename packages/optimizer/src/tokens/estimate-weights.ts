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
      0.93, 0.216, 0.797, 0.372, 0.256, 0.4, 0.38, 0.747, 0.642, 0.669, 0.354, 0.561, 0.811, 0.016,
      0.566, 0.049, 0.739, 0.555,
    ],
    error: { mean: 0.084, p95: 0.228, samples: 159 },
  },
  cl100k_base: {
    weights: [
      1.001, 0.249, 0.741, 1.083, 0.517, 0.952, 1.021, 1.096, 0.842, 1.081, 0.352, 0.594, 0.701,
      0.01, 0.517, 0.058, 0.684, 0.665,
    ],
    error: { mean: 0.096, p95: 0.262, samples: 159 },
  },
  claude: {
    weights: [
      1.074, 0.286, 0.789, 1.484, 0.582, 1.077, 1.378, 1.024, 0.872, 1.18, 0.258, 0.637, 0.794,
      0.026, 0.518, 0.039, 1.02, 0.679,
    ],
    error: { mean: 0.094, p95: 0.275, samples: 159 },
  },
  gemini: {
    weights: [
      0.916, 0.226, 0.816, 0.266, 0.238, 0.432, 0.401, 0.645, 0.334, 0.804, 0.792, 0.613, 0.982, 0,
      0.754, 0.13, 0.943, 0.57,
    ],
    error: { mean: 0.068, p95: 0.187, samples: 159 },
  },
  llama: {
    weights: [
      0.983, 0.299, 0.664, 0.323, 0.308, 0.49, 0.544, 0.797, 0.569, 0.695, 0.354, 0.608, 0.669,
      0.007, 0.484, 0.061, 0.65, 0.644,
    ],
    error: { mean: 0.106, p95: 0.312, samples: 159 },
  },
};
