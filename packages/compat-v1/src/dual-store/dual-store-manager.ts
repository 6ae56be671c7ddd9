import type {
  ConsistencyCheck,
  ConsistencyReport,
  DualStoreEntry,
  DualStoreOptions,
  DualStoreParts,
  EntryChanges,
  GenericEntry,
  LegacyFilter,
  LegacySorter,
  QueueStats,
  ScoredEntry,
} from "./types.ts";

/** Signatures only for now; the class follows. */
export declare class DualStoreManager<
  TextKey extends string = "text",
  TimeKey extends string = "createdAt",
> {
  readonly name: string;
  readonly textKey: TextKey;
  readonly timeStampKey: TimeKey;
  readonly supportsImages: boolean;
  static create<TextKey extends string = "text", TimeKey extends string = "createdAt">(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    options?: DualStoreOptions,
  ): Promise<DualStoreManager<TextKey, TimeKey>>;
  /** Over opened parts of any driver pair; `name` is the full family name. */
  static over<TextKey extends string, TimeKey extends string>(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    parts: DualStoreParts,
    options?: DualStoreOptions,
  ): Promise<DualStoreManager<TextKey, TimeKey>>;
  insert(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string>;
  addEntry(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string>;
  insertMany(entries: readonly DualStoreEntry<TextKey, TimeKey>[]): Promise<string[]>;
  upsert(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string>;
  update(id: string, changes: EntryChanges): Promise<GenericEntry>;
  delete(id: string): Promise<boolean>;
  get(id: string): Promise<GenericEntry | null>;
  count(filter?: LegacyFilter): Promise<number>;
  scan(options?: { filter?: LegacyFilter; pageSize?: number }): AsyncIterable<GenericEntry>;
  search(
    queryTexts: readonly string[],
    options?: { limit?: number; where?: LegacyFilter; minScore?: number },
  ): Promise<ScoredEntry[]>;
  getMostRecent(
    limit?: number,
    filter?: LegacyFilter,
    sorter?: LegacySorter,
  ): Promise<GenericEntry[]>;
  getMostRelevant(
    queryTexts: readonly string[],
    limit: number,
    where?: LegacyFilter,
  ): Promise<GenericEntry[]>;
  checkConsistency(id: string): Promise<ConsistencyCheck>;
  retryVectorWrite(id: string, maxRetries?: number): Promise<boolean>;
  getConsistencyReport(limit?: number): Promise<ConsistencyReport>;
  getChromaQueueStats(): QueueStats;
  /** Waits until the index has what was written. */
  flush(): Promise<void>;
  /** Erases the whole family. `confirm` must be its full name. */
  purge(options: { confirm: string }): Promise<number>;
  /** Releases this store's connections only. */
  close(): Promise<void>;
  /** v1's name of `close`. */
  cleanup(): Promise<void>;
}
