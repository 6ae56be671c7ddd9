export type * from "./types.ts";
export { DualStoreManager } from "./dual-store-manager.ts";
export { aliasCollectionName, familyName } from "./naming.ts";
