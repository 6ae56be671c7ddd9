export type { LegacyChromaCollection } from "./chroma-collection.ts";
export { compatReport, type CompatDifference } from "./compat-report.ts";
export { createDualStoreManager } from "./create-dual-store-manager.ts";
export { DualStoreManager } from "./dual-store-manager.ts";
export {
  type FamilyImportReport,
  importDualStore,
  type ImportFamilyOptions,
} from "./import-family.ts";
export { type FamilyInspection, inspect, type InspectOptions } from "./inspect-family.ts";
export { aliasCollectionName, familyName } from "./naming.ts";
export type * from "./types.ts";
export { V1DocumentStore, type V1DocumentStoreOptions } from "./v1-document-store.ts";
export { V1VectorIndex, type V1VectorIndexOptions } from "./v1-vector-index.ts";
export { ChromaWriteQueue, type VectorQueueLike } from "./write-queue.ts";
