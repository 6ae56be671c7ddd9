export type { Capabilities } from "./capabilities.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  compareKeys,
  compareUtf8,
  type Document,
  type DocumentKey,
  type ScopeSelector,
  type StoredDocument,
} from "./document.ts";
export type {
  DeleteItem,
  DocumentStore,
  KeyRange,
  PutItem,
  RangeDigest,
  ScanOptions,
  ScanPage,
  StoreSettings,
  WriteItem,
  WriteOptions,
  WriteResult,
} from "./document-store.ts";
export type { CorpusStatistics, Embedder, EmbedOptions } from "./embedder.ts";
export type {
  StorageEngine,
  VectorEngine,
  VectorIndexIdentity,
  VectorIndexOptions,
} from "./engine.ts";
export {
  isPalimpsestError,
  PalimpsestError,
  type PalimpsestErrorCode,
  type PalimpsestErrorOptions,
  type TextPosition,
  throwIfAborted,
} from "./errors.ts";
export { type Filter, type FilterPath, matchesFilter, parseFilter } from "./filter.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { parseJsonText } from "./json-text.ts";
export type {
  CallOptions,
  KeyValueChannels,
  KeyValueStore,
  Lease,
  SetOptions,
} from "./key-value-store.ts";
export type { LexicalIndex, LexicalRecord } from "./lexical-index.ts";
export { once } from "./once.ts";
export type { ClaimOptions, Outbox, OutboxEntry, OutboxStats } from "./outbox.ts";
export { noPolicy, type Policy } from "./policy.ts";
export { compareRevisions, type Revision } from "./revision.ts";
export {
  addDigests,
  canonicalJson,
  checkKey,
  checkScope,
  describeKey,
  limits,
  type SealedDocument,
  sealDocument,
  sealTombstone,
  verifyDigest,
} from "./seal.ts";
export { createToken, type Token } from "./token.ts";
export { randomShare } from "./random-share.ts";
export { redactUrls } from "./redact-urls.ts";
export { countTokens, type TokenCounter } from "./token-counter.ts";
export { tokenize } from "./tokenize.ts";
export { tokens } from "./tokens.ts";
export type {
  IndexEntry,
  IndexHit,
  IndexPage,
  IndexRestriction,
  IndexScanOptions,
  Metric,
  VectorIndex,
  VectorIndexDescription,
  VectorRecord,
} from "./vector-index.ts";
export type {
  Context,
  ContextOptions,
  DocumentChanges,
  DocumentInput,
  SearchHit,
  SearchMode,
  SearchOptions,
  SemanticStore,
} from "./semantic-store.ts";
