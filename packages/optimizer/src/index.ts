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
