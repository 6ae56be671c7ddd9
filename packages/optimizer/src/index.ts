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
