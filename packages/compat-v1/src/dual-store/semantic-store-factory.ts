import { openSemanticStore } from "./open-semantic-store.ts";
import type { SemanticStore } from "./semantic-store.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

/**
 * Opens a v1-shaped store on the drivers that a configuration names; what it leaves out comes from
 * the environment, then from the defaults.
 * @deprecated Use `createContainer` of `@palimpsest/container`.
 */
export const SemanticStoreFactory: {
  /** @throws `E_CONFIG`, `E_UNSUPPORTED`, `E_INVALID_INPUT`, and whatever the engines throw */
  create<TextKey extends string = "text", TimeKey extends string = "createdAt">(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    config: SemanticStoreConfig,
  ): Promise<SemanticStore<TextKey, TimeKey>>;
} = {
  create: (name, textKey, timeStampKey, config) =>
    openSemanticStore(name, textKey, timeStampKey, config),
};
