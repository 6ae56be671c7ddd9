import { dot, fitWeights, type Observation } from "./fit-weights.ts";

/** Relative errors of single texts that the fit had not seen, as fractions: 0.1 is ten per cent. */
export interface EstimateError {
  readonly mean: number;
  readonly p95: number;
  readonly samples: number;
}

export const folds = 5;

/** Fits on four fifths and measures on the fifth, five times. */
export function crossValidate(
  observations: readonly Observation[],
  prior?: readonly number[],
): EstimateError {
  const errors = Array.from({ length: folds }, (_, fold) => {
    const isHeldOut = (_observation: Observation, i: number): boolean => i % folds === fold;
    const weights = fitWeights(
      observations.filter((observation, i) => !isHeldOut(observation, i)),
      prior,
    );
    return observations
      .filter(isHeldOut)
      .map(({ features, tokens }) => Math.abs(dot(features, weights) / tokens - 1));
  })
    .flat()
    .toSorted((a, b) => a - b);
  return {
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    p95: errors[Math.floor(0.95 * errors.length)] ?? 0,
    samples: errors.length,
  };
}
