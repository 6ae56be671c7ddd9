import { isoTime } from "./context-message.ts";
import { ContextStore, type ContextStoreOptions } from "./context-store.ts";
import type {
  CompileContextArguments,
  ContextMessage,
  ContextSource,
  FormatTime,
} from "./context-types.ts";
import type { DualStoreManager } from "./dual-store-manager.ts";
import type { GenericEntry, LegacyFilter } from "./types.ts";

type Manager = DualStoreManager<string, string>;

/**
 * State of the functional forms. Every state that they return is the same store, so that two
 * creations at a time keep both collections and an ignored result loses nothing.
 * @deprecated Use `SemanticStore` of `@palimpsest/store`.
 */
export interface ContextState<Source extends ContextSource = Manager> {
  readonly collections: ReadonlyMap<string, Source>;
  readonly formatTime: FormatTime;
  readonly assistantName: string;
  readonly store: ContextStore<Source>;
}

/** @deprecated Use `SemanticStore.open` of `@palimpsest/store`. */
export function createContextStore<Source extends ContextSource = Manager>(
  formatTime: FormatTime = isoTime,
  assistantName: string = "Duck",
  options: ContextStoreOptions<Source> = {},
): ContextState<Source> {
  const store = new ContextStore<Source>(formatTime, assistantName, options);
  return {
    store,
    formatTime,
    assistantName,
    get collections() {
      return store.collections;
    },
  };
}

/**
 * @throws `Collection <name> already exists`
 * @deprecated Use `SemanticStore.open` of `@palimpsest/store`.
 */
export async function createCollection<Source extends ContextSource>(
  state: ContextState<Source>,
  name: string,
  textKey: string,
  timeStampKey: string,
): Promise<[ContextState<Source>, Source]> {
  return [state, await state.store.createCollection(name, textKey, timeStampKey)];
}

/** @deprecated Use `SemanticStore.open` of `@palimpsest/store`. */
export async function getOrCreateCollection<Source extends ContextSource>(
  state: ContextState<Source>,
  name: string,
): Promise<[ContextState<Source>, Source]> {
  return [state, await state.store.getOrCreateCollection(name)];
}

/**
 * @throws `Collection <name> does not exist`
 * @deprecated Keep the `SemanticStore` that you opened.
 */
export function getCollection<Source extends ContextSource>(
  state: ContextState<Source>,
  name: string,
): Source {
  return state.store.getCollection(name);
}

/** @deprecated Keep the stores that you opened. */
export function collectionCount(state: ContextState<ContextSource>): number {
  return state.store.collectionCount();
}

/** @deprecated Keep the stores that you opened. */
export function listCollectionNames(state: ContextState<ContextSource>): string[] {
  return state.store.listCollectionNames();
}

/** @deprecated Use `search` of `SemanticStore` in `@palimpsest/store`. */
export function getAllRelatedDocuments(
  state: ContextState<ContextSource>,
  queries: readonly string[],
  limit?: number,
  where?: LegacyFilter,
): Promise<GenericEntry[]> {
  return state.store.getAllRelatedDocuments(queries, limit, where);
}

/** @deprecated Use `getMostRecent` of `SemanticStore` in `@palimpsest/store`. */
export function getLatestDocuments(
  state: ContextState<ContextSource>,
  limit?: number,
): Promise<GenericEntry[]> {
  return state.store.getLatestDocuments(limit);
}

/**
 * Either call form, as `ContextStore.compileContext`.
 * @deprecated Use `context` of `SemanticStore` in `@palimpsest/store`.
 */
export function compileContext(
  state: ContextState<ContextSource>,
  ...args: CompileContextArguments
): Promise<ContextMessage[]> {
  return state.store.compileContext(...args);
}
