import { CollectionRegistry, type OpenCollection } from "./collection-registry.ts";
import { compileRequest } from "./compile-arguments.ts";
import { compileMessages, latestEntries, relatedEntries } from "./compile-messages.ts";
import { assistantStyle, isoTime } from "./context-message.ts";
import type {
  CompileContextArguments,
  ContextMessage,
  ContextSource,
  FormatTime,
} from "./context-types.ts";
import { warnDeprecated } from "./deprecation.ts";
import { DualStoreManager } from "./dual-store-manager.ts";
import type { DualStoreOptions, GenericEntry, LegacyFilter } from "./types.ts";

/** @deprecated Use `SemanticStore` of `@palimpsest/store`. */
export interface ContextStoreOptions<
  Source extends ContextSource = DualStoreManager<string, string>,
> {
  /** Opens a collection. @defaultValue `DualStoreManager.create` with `store` */
  readonly open?: OpenCollection<Source>;
  /** Options of every collection that is opened by default. */
  readonly store?: DualStoreOptions;
  /** Search with the texts that v1 would have chosen. @defaultValue that of `store`, then false */
  readonly legacyQueryOrder?: boolean;
}

/**
 * v1's context store: collections by name, and messages for a model from all of them.
 * @deprecated Use `context` of `SemanticStore` in `@palimpsest/store`.
 */
export class ContextStore<
  Source extends ContextSource = DualStoreManager<string, string>,
> implements AsyncDisposable {
  readonly formatTime: FormatTime;
  readonly assistantName: string;
  readonly #registry: CollectionRegistry<Source>;
  readonly #legacyQueryOrder: boolean;

  constructor(
    formatTime: FormatTime = isoTime,
    assistantName: string = "Duck",
    options: ContextStoreOptions<Source> = {},
  ) {
    warnDeprecated(
      "ContextStoreDeprecation",
      "ContextStore is kept for v1 applications; use SemanticStore.context of @palimpsest/store",
    );
    this.formatTime = formatTime;
    this.assistantName = assistantName;
    this.#registry = new CollectionRegistry(options.open ?? openManager(options.store));
    this.#legacyQueryOrder = options.legacyQueryOrder ?? options.store?.legacyQueryOrder ?? false;
  }

  get collections(): ReadonlyMap<string, Source> {
    return this.#registry.opened;
  }

  /** @throws `Collection <name> already exists`, and what opening it throws */
  createCollection(name: string, textKey: string, timeStampKey: string): Promise<Source> {
    return this.#registry.create(name, textKey, timeStampKey);
  }

  /** One that is missing is created with the keys `text` and `timestamp`. */
  getOrCreateCollection(name: string): Promise<Source> {
    return this.#registry.getOrCreate(name);
  }

  /** @throws `Collection <name> does not exist` */
  getCollection(name: string): Source {
    return this.#registry.get(name);
  }

  collectionCount(): number {
    return this.collections.size;
  }

  listCollectionNames(): string[] {
    return [...this.collections.keys()];
  }

  /** @param limit - per collection */
  getAllRelatedDocuments(
    queries: readonly string[],
    limit: number = 100,
    where?: LegacyFilter,
  ): Promise<GenericEntry[]> {
    return relatedEntries(this.#sources(), queries, limit, where);
  }

  /** @param limit - per collection */
  getLatestDocuments(limit: number = 100): Promise<GenericEntry[]> {
    return latestEntries(this.#sources(), limit);
  }

  /**
   * Messages about the texts and what came last, oldest first. Takes an options object or v1's
   * positions `(texts, recentLimit, queryLimit, limit, formatAssistantMessages)`.
   * @throws `E_INVALID_INPUT` naming the argument
   */
  async compileContext(...args: CompileContextArguments): Promise<ContextMessage[]> {
    const request = compileRequest(args, { legacyQueryOrder: this.#legacyQueryOrder });
    const style = assistantStyle(this.assistantName, this.formatTime);
    return compileMessages(this.#sources(), request, style);
  }

  /** Closes every collection that can be closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sources: readonly (ContextSource & Partial<AsyncDisposable>)[] = this.#sources();
    await Promise.all(sources.map((source) => source[Symbol.asyncDispose]?.()));
  }

  #sources(): Source[] {
    return [...this.collections.values()];
  }
}

function openManager<Source extends ContextSource>(
  options: DualStoreOptions | undefined,
): OpenCollection<Source> {
  const open: OpenCollection<DualStoreManager<string, string>> = (name, textKey, timeStampKey) =>
    DualStoreManager.create(name, textKey, timeStampKey, options);
  // Another kind of source than the default one is possible only with an opener of its own.
  return open as OpenCollection<ContextSource> as OpenCollection<Source>;
}
