import type { RepairReport, StoreHealth } from "@palimpsest/store";
import { invalid } from "./arguments.ts";
import { checkEntry, reportConsistency, retryVector } from "./entry-checks.ts";
import {
  countEntries,
  recentEntries,
  scanEntries,
  searchEntries,
  toEntries,
  withoutEqualTexts,
  withoutScore,
} from "./entry-reads.ts";
import { writeEntry } from "./entry-writes.ts";
import { readSettings } from "./environment.ts";
import { cleanMetadata, extraFields, toDocument, withExtra } from "./legacy-entries.ts";
import { FamilyHandle } from "./family-handle.ts";
import { openFamily } from "./open-family.ts";
import { pruneEntries, type PruneRule } from "./prune-entries.ts";
import { skipRule } from "./skipping-vectors.ts";
import { coerceTime } from "./timestamp.ts";
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
  ScoredEntry,
} from "./types.ts";
import { V1DocumentStore } from "./v1-document-store.ts";

const defaultLimit = 10;

/**
 * v1's manager by its own names, on its own data or over any driver pair. The document is stored
 * first; its vector follows at once (`strict`) or by a worker (`eventual`).
 * @deprecated Use `SemanticStore` of `@palimpsest/store`.
 */
export class DualStoreManager<
  TextKey extends string = "text",
  TimeKey extends string = "createdAt",
> extends FamilyHandle<TextKey, TimeKey> {
  /**
   * Opens `<agent>_<name>` in MongoDB and Chroma, in place; nothing is written by opening it.
   * @throws `E_UNAVAILABLE`, `E_CONFIG`, `E_DIMENSION_MISMATCH`
   */
  static async create<TextKey extends string = "text", TimeKey extends string = "createdAt">(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    options: DualStoreOptions = {},
  ): Promise<DualStoreManager<TextKey, TimeKey>> {
    const opened = await openFamily(name, { textKey, timeKey: timeStampKey }, options);
    const { settings, parts, skips, supportsImages } = opened;
    const manager = new DualStoreManager(
      opened.family,
      opened.chromaCollection,
      opened.mongoCollection,
      textKey,
      timeStampKey,
      supportsImages,
      options,
      { settings, skips, parts: async () => parts },
    );
    await manager.ready();
    return manager;
  }

  /** Over opened parts of any driver pair; `name` is the full family name. */
  static async over<TextKey extends string, TimeKey extends string>(
    name: string,
    textKey: TextKey,
    timeStampKey: TimeKey,
    parts: DualStoreParts,
    options: DualStoreOptions = {},
  ): Promise<DualStoreManager<TextKey, TimeKey>> {
    const settings = readSettings(options);
    const supportsImages = options.supportsImages ?? !settings.embeddingFunction.includes("text");
    const { dualWriteEnabled } = settings;
    const manager = new DualStoreManager(
      name,
      undefined as never,
      undefined as never,
      textKey,
      timeStampKey,
      supportsImages,
      options,
      { settings, skips: skipRule({ dualWriteEnabled, supportsImages }), parts: async () => parts },
    );
    await manager.ready();
    return manager;
  }

  /**
   * An id that exists is replaced. `vectorWrite…` keys of a read entry are left out.
   * @returns the id, generated if none was given
   * @throws `Critical: Vector store write failed for entry <id>: …` in strict mode; nothing stays
   */
  async insert(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string> {
    const session = await this.ready();
    const document = toDocument(entry, session.keys, {
      time: this.options.time ?? Date.now,
      uuid: this.options.uuid,
    });
    await writeEntry(session, document);
    this.pending++;
    return document.id;
  }

  /** v1's other name of `insert`. */
  addEntry(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string> {
    return this.insert(entry);
  }

  /** @returns the ids; entries before one that fails stay */
  async insertMany(entries: readonly DualStoreEntry<TextKey, TimeKey>[]): Promise<string[]> {
    const ids: string[] = [];
    for (const entry of entries) ids.push(await this.insert(entry));
    return ids;
  }

  /** As `insert`, by its proper name. */
  upsert(entry: DualStoreEntry<TextKey, TimeKey>): Promise<string> {
    return this.insert(entry);
  }

  /** Absent fields stay; metadata is replaced whole. @throws `E_NOT_FOUND` */
  async update(id: string, changes: EntryChanges): Promise<GenericEntry> {
    const session = await this.ready();
    const { text, metadata, timestamp } = changes;
    const time = coerceTime(timestamp);
    if (timestamp !== undefined && time === undefined) throw invalid("timestamp names no moment");
    const present = await session.store.get({ id });
    const changed = await session.store.update(
      { id },
      {
        ...(text !== undefined && { text }),
        ...(metadata !== undefined && {
          metadata: withExtra(cleanMetadata(metadata), extraFields(present)),
        }),
        ...(time !== undefined && { timestamp: time }),
      },
    );
    const [entry] = await toEntries(session, [changed]);
    return entry as GenericEntry;
  }

  /** Older code no longer sees it either. @returns whether it was there */
  async delete(id: string): Promise<boolean> {
    return (await this.ready()).store.delete({ id });
  }

  /** @returns null for an unknown id */
  async get(id: string): Promise<GenericEntry | null> {
    const session = await this.ready();
    const document = await session.store.get({ id });
    if (document === undefined) return null;
    const [entry] = await toEntries(session, [document]);
    return entry ?? null;
  }

  /** All rows of an id, newest first: v1's callers updated by inserting the id again. */
  async getRevisions(id: string): Promise<GenericEntry[]> {
    const session = await this.ready();
    if (!(session.documents instanceof V1DocumentStore)) {
      const entry = await this.get(id);
      return entry === null ? [] : [entry];
    }
    const rows = await session.documents.revisionsOf(id);
    return rows.map(({ text, timestamp, metadata }) => ({ id, text, timestamp, metadata }));
  }

  async count(filter?: LegacyFilter): Promise<number> {
    return countEntries(await this.ready(), filter);
  }

  /** Every entry once, in the order of the ids. */
  async *scan(
    options: { filter?: LegacyFilter; pageSize?: number } = {},
  ): AsyncGenerator<GenericEntry> {
    yield* scanEntries(await this.ready(), options);
  }

  /** @param limit - 0 gives none. @param filter - without one, blank texts are left out */
  async getMostRecent(
    limit: number = defaultLimit,
    filter?: LegacyFilter,
    sorter?: LegacySorter,
  ): Promise<GenericEntry[]> {
    return recentEntries(await this.ready(), limit, filter, sorter);
  }

  /** @returns best first over all texts; `[]` for no texts or something that is no array */
  async getMostRelevant(
    queryTexts: readonly string[],
    limit: number = defaultLimit,
    where?: LegacyFilter,
  ): Promise<GenericEntry[]> {
    if (!Array.isArray(queryTexts) || queryTexts.length === 0) return [];
    const found = await this.search(queryTexts, { limit, ...(where && { where }) });
    const entries = found.map(withoutScore);
    return this.options.dedupeByText === true ? withoutEqualTexts(entries) : entries;
  }

  /** As `getMostRelevant`, with scores; `minScore` leaves out what is not near enough. */
  async search(
    queryTexts: readonly string[],
    options: { limit?: number; where?: LegacyFilter; minScore?: number } = {},
  ): Promise<ScoredEntry[]> {
    const { limit = defaultLimit, ...rest } = options;
    return searchEntries(await this.ready(), queryTexts, { limit, ...rest });
  }

  async checkConsistency(id: string): Promise<ConsistencyCheck> {
    return checkEntry(await this.ready(), id);
  }

  /** @returns whether the vector is there now. @throws `Document <id> not found for vector retry` */
  async retryVectorWrite(id: string, maxRetries: number = 3): Promise<boolean> {
    return retryVector(await this.ready(), id, maxRetries);
  }

  async getConsistencyReport(limit: number = 100): Promise<ConsistencyReport> {
    return reportConsistency(await this.ready(), limit);
  }

  /**
   * Removes entries by age or number, documents and vectors alike, by the family's own time.
   * @returns how many; with `dryRun` how many it would be
   */
  async prune(rule: PruneRule): Promise<number> {
    return pruneEntries(await this.ready(), rule);
  }

  /**
   * Makes both sides agree: embeds what has no vector or another text's, deletes vectors without a
   * document. With `dryRun` it only looks.
   */
  async reconcile(options: { dryRun?: boolean } = {}): Promise<RepairReport> {
    return (await this.ready()).store.repair(options);
  }

  /** Whether every part answers; writes nothing. */
  async health(): Promise<StoreHealth> {
    return (await this.ready()).store.health();
  }

  /** Erases every entry of the family. @param options - `confirm` must be its full name. @returns how many */
  async purge(options: { confirm: string }): Promise<number> {
    if (options.confirm !== this.name) {
      throw invalid(`to erase the whole family pass confirm: ${JSON.stringify(this.name)}`);
    }
    const session = await this.ready();
    let count = 0;
    for await (const { id } of session.store.scan()) {
      if (await session.store.delete({ id })) count++;
    }
    return count;
  }
}
