import type { DualStoreManager } from "./dual-store-manager.ts";
import { openSemanticStore } from "./open-semantic-store.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

/**
 * A v1-shaped store: v1's methods and those that it lacked.
 * @deprecated Use `SemanticStore` of `@palimpsest/store`.
 */
export type SemanticStore<
  TextKey extends string = "text",
  TimeKey extends string = "createdAt",
> = DualStoreManager<TextKey, TimeKey>;

/**
 * Opens a v1-shaped store on the drivers that the environment names, MongoDB and Chroma by default.
 * @deprecated Use `createContainer` of `@palimpsest/container`, or `SemanticStore.open` of `@palimpsest/store`.
 */
export const SemanticStore: {
  /** @throws `E_CONFIG`, `E_UNSUPPORTED`, `E_INVALID_INPUT`, and whatever the engines throw */
  create<TextKey extends string = "text", TimeKey extends string = "createdAt">(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    config?: SemanticStoreConfig,
  ): Promise<SemanticStore<TextKey, TimeKey>>;
} = {
  create: (name, textKey, timeStampKey, config = {}) =>
    openSemanticStore(name, textKey, timeStampKey, config),
};
