import { DualStoreManager } from "./dual-store-manager.ts";
import type { DualStoreOptions } from "./types.ts";

/**
 * v1's functional factory.
 * @deprecated Use `SemanticStore.open` of `@palimpsest/store`.
 */
export function createDualStoreManager<
  TextKey extends string = "text",
  TimeKey extends string = "createdAt",
>(
  options: DualStoreOptions & {
    readonly name: string;
    readonly textKey: TextKey;
    readonly timeStampKey: TimeKey;
  },
): Promise<DualStoreManager<TextKey, TimeKey>> {
  const { name, textKey, timeStampKey, ...rest } = options;
  return DualStoreManager.create(name, textKey, timeStampKey, rest);
}
