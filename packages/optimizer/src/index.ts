export {
  type Contradiction,
  deduplicate,
  type Deduplicated,
  type DeduplicationProblem,
  type Merge,
} from "./dedupe/deduplicate.ts";
export type { DeduplicateOptions, DeduplicationLevel } from "./dedupe/deduplicate-options.ts";
export type { IdentityFields } from "./dedupe/identity.ts";
export type { ReplacedValue } from "./dedupe/merge-records.ts";
export {
  defaultMergeRules,
  type FieldValue,
  type MergeFunction,
  type MergeRule,
} from "./dedupe/merge-rules.ts";
export {
  decodeLegacy,
  type DecodedLegacy,
  type DecodeLegacyOptions,
  type LegacyFormat,
} from "./legacy/decode-legacy.ts";
export {
  type EncodedLegacy,
  encodeLegacy,
  type EncodeLegacyOptions,
} from "./legacy/encode-legacy.ts";
export { v1Fingerprint } from "./legacy/fingerprint.ts";
export { KEY_MAPPINGS } from "./legacy/key-mappings.ts";
export type { FieldPath, LegacyAmbiguity, LegacyLoss } from "./legacy/loss.ts";
export {
  CalibratedCounter,
  type CalibratedCounterOptions,
  type CalibrationSample,
} from "./tokens/calibrated-counter.ts";
export type { EstimateError } from "./tokens/cross-validate.ts";
export {
  type EstimateCounter,
  estimateCounter,
  estimateFamilies,
  type EstimateFamily,
} from "./tokens/estimate-counter.ts";
export { exactFamilies, type ExactFamily, loadCounter } from "./tokens/load-counter.ts";
export { foldWhiteSpace } from "./prompt/fold-white-space.ts";
export { type ReducedText, type Removal, restore } from "./prompt/removal.ts";
export {
  type DuplicateSentenceOptions,
  removeDuplicateSentences,
} from "./prompt/remove-duplicate-sentences.ts";
export {
  removeStopPhrases,
  type StopPhraseOptions,
  stopPhrases,
} from "./prompt/remove-stop-phrases.ts";
export { type FitOptions, type Fitted, fit, type OmittedRecord } from "./budget/fit.ts";
export { refer, type Referral, type ReferOptions } from "./budget/refer.ts";
export {
  mentionedHandles,
  type RecordSource,
  resolve,
  type Resolved,
  type ResolveOptions,
} from "./budget/resolve.ts";
export {
  type AnalyzeOptions,
  analyzeFields,
  type FieldAnalysis,
  type FieldCost,
} from "./tokens/analyze-fields.ts";
export {
  type MeasuredStep,
  measureSteps,
  type MeasureStepsOptions,
} from "./tokens/measure-steps.ts";
export type { CacheStats } from "./optimizer/fact-cache.ts";
export {
  defaultOptimizationConfig,
  type OptimizationConfig,
  optimizationConfigFromV1,
  type V1OptimizationConfig,
} from "./optimizer/optimization-config.ts";
export {
  type CompressedBatch,
  createOptimizer,
  Optimizer,
  type OptimizerOptions,
  type OptimizerStats,
} from "./optimizer/optimizer.ts";
export type { Reduction, SizeReduction } from "./optimizer/reduction.ts";
export { parseJson, type ParseOptions } from "./json/parse-json.ts";
export {
  type AutoPackOptions,
  type FixedPackOptions,
  pack,
  type PackOptions,
} from "./pack/pack.ts";
export { legend } from "./pack/legend.ts";
export type { PackProfile } from "./pack/pack-profile.ts";
export { packStream, type PackStreamOptions } from "./pack/pack-stream.ts";
export type { TextOptions } from "./pack/text-options.ts";
export { unpack, type UnpackOptions } from "./pack/unpack.ts";
export { unpackStream } from "./pack/unpack-stream.ts";
export type { NumberMode, RawNumber } from "./json/raw-number.ts";
