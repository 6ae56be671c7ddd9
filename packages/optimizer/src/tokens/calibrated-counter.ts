import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { crossValidate, type EstimateError, folds } from "./cross-validate.ts";
import { estimateWeights } from "./estimate-weights.ts";
import { dot, fitWeights, type Observation } from "./fit-weights.ts";
import { textFeatures } from "./text-features.ts";

/** A text with the tokens that a real vocabulary, or a provider's count endpoint, gave it. */
export interface CalibrationSample {
  readonly text: string;
  readonly tokens: number;
}

export interface CalibratedCounterOptions {
  /** Name of what is estimated, e.g. `"claude-opus-4.8"`. */
  readonly family: string;
  /** At least five; a few hundred characters each, of the kinds of text that will be counted. */
  readonly samples: readonly CalibrationSample[];
}

/**
 * Estimates tokens by what a text is made of, fitted to samples of your own. A few of them set the
 * scale; with dozens, each kind of character gets its own cost.
 */
export class CalibratedCounter implements TokenCounter {
  readonly family: string;
  /** Measured by five-fold cross-validation over the samples. */
  readonly error: EstimateError;
  readonly #weights: readonly number[];

  /** @throws `E_INVALID_INPUT` for fewer than five samples, or one without tokens */
  constructor({ family, samples }: CalibratedCounterOptions) {
    const observations = samples.map(observe);
    if (observations.length < folds) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `calibrating ${family} needs at least ${folds} samples, got ${observations.length}`,
      );
    }
    this.family = family;
    const prior = estimateWeights.o200k_base.weights;
    this.error = crossValidate(observations, prior);
    this.#weights = fitWeights(observations, prior);
  }

  count(text: string): number {
    return estimate(text, this.#weights);
  }
}

/** Rounded; a text that is not empty costs at least one token. */
export function estimate(text: string, weights: readonly number[]): number {
  if (text === "") return 0;
  return Math.max(1, Math.round(dot(textFeatures(text), weights)));
}

function observe({ text, tokens }: CalibrationSample, i: number): Observation {
  if (text !== "" && Number.isSafeInteger(tokens) && tokens > 0) {
    return { features: textFeatures(text), tokens };
  }
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `sample ${i} must be a text with its whole number of tokens, above 0; got ${tokens}`,
  );
}
