export type { LegacyChromaCollection } from "./chroma-collection.ts";
export { compatReport, type CompatDifference } from "./compat-report.ts";
export {
  collectionCount,
  compileContext,
  type ContextState,
  createCollection,
  createContextStore,
  getAllRelatedDocuments,
  getCollection,
  getLatestDocuments,
  getOrCreateCollection,
  listCollectionNames,
} from "./context-actions.ts";
export { ContextStore, type ContextStoreOptions } from "./context-store.ts";
export type {
  CompileContextOptions,
  ContextMessage,
  ContextRole,
  ContextSource,
} from "./context-types.ts";
export { createDualStoreManager } from "./create-dual-store-manager.ts";
export { DualStoreManager } from "./dual-store-manager.ts";
export {
  checkFamily,
  type FamilyImportReport,
  importDualStore,
  type ImportFamilyOptions,
} from "./import-family.ts";
export { type FamilyInspection, inspect, type InspectOptions } from "./inspect-family.ts";
export {
  type ContextCompiler,
  type ContextStoreParts,
  makeContextStore,
} from "./make-context-store.ts";
export { aliasCollectionName, familyName } from "./naming.ts";
export { SemanticStore } from "./semantic-store.ts";
export { SemanticStoreFactory } from "./semantic-store-factory.ts";
export type {
  ChromadbBlock,
  EmbeddingChoice,
  MongodbBlock,
  PostgresqlBlock,
  PrimaryDriverBlock,
  SemanticStoreConfig,
  SqliteBlock,
  VectorDriverBlock,
} from "./store-config.ts";
export type * from "./types.ts";
export { V1DocumentStore, type V1DocumentStoreOptions } from "./v1-document-store.ts";
export { V1VectorIndex, type V1VectorIndexOptions } from "./v1-vector-index.ts";
export { ChromaWriteQueue, type VectorQueueLike } from "./write-queue.ts";
