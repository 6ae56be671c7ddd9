export type { LegacyChromaCollection } from "./chroma-collection.ts";
export { createDualStoreManager } from "./create-dual-store-manager.ts";
export { DualStoreManager } from "./dual-store-manager.ts";
export { aliasCollectionName, familyName } from "./naming.ts";
export type * from "./types.ts";
export { ChromaWriteQueue, type VectorQueueLike } from "./write-queue.ts";
