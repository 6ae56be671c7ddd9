import {
  type CallOptions,
  isPalimpsestError,
  type OutboxStats,
  PalimpsestError,
  type StoreSettings,
} from "@palimpsest/core";
import { workerSettings } from "./backoff.ts";
import {
  checkConsistency,
  type ConsistencyOptions,
  type ConsistencyReport,
  type ConsistencyReportOptions,
  type PartialConsistencyReport,
  reportConsistency,
} from "./consistency.ts";
import { checkDocument, type DocumentConsistency } from "./document-consistency.ts";
import { DocumentWriter } from "./document-writer.ts";
import { GivenVectors } from "./given-vectors.ts";
import {
  checkHealth,
  type HealthOptions,
  type QueueStats,
  readStats,
  type StoreHealth,
  type StoreStats,
} from "./health.ts";
import { Indexer } from "./indexer.ts";
import { type FlushStats, IndexWorker } from "./index-worker.ts";
import { type KeyInput, toKey } from "./inputs.ts";
import { checkParts } from "./open-checks.ts";
import type { SemanticStoreOptions } from "./options.ts";
import { OutboxDrain } from "./outbox-drain.ts";
import { type Parts, partsOf } from "./parts.ts";
import { reembed, type ReembedOptions, type ReembedReport } from "./reembed.ts";
import { repair, type RepairOptions, type RepairReport } from "./repair.ts";
import { WriteGate } from "./write-gate.ts";
import { WriteIndexing } from "./write-indexing.ts";

/** What keeps a store in order: opening, background work, checks, repair, re-embedding, closing. */
export abstract class StoreUpkeep {
  readonly settings: StoreSettings;
  protected readonly parts: Parts;
  protected readonly writer: DocumentWriter;
  readonly #indexer: Indexer;
  readonly #indexing: WriteIndexing;
  readonly #given: GivenVectors = new GivenVectors();
  readonly #gate: WriteGate = new WriteGate();
  readonly #worker: IndexWorker;
  readonly #closeParts: boolean;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SemanticStoreOptions) {
    const parts = partsOf(options);
    const settings = workerSettings(options.worker || {});
    const indexer = new Indexer(parts, this.#given);
    const drain = new OutboxDrain(parts, indexer, settings);
    this.settings = parts.documents.settings;
    this.parts = parts;
    this.#indexer = indexer;
    this.#worker = new IndexWorker(parts, drain, options.worker !== false);
    this.#indexing = new WriteIndexing(parts, indexer, this.#worker, settings);
    this.writer = new DocumentWriter(parts, this.#indexing, this.#given, this.#gate);
    this.#closeParts = options.closeParts ?? false;
  }

  /** Whether every part answers; see `checkConsistency` for whether they agree. */
  async health(options: HealthOptions = {}): Promise<StoreHealth> {
    this.#throwIfClosed();
    return checkHealth(this.parts, options);
  }

  /** What waits and how its work goes on; asks the documents only, so it answers while an index is down. */
  async queueStats(options: CallOptions = {}): Promise<OutboxStats & QueueStats> {
    await this.#readyToTell();
    const { consistency, maxBacklog, documents } = this.parts;
    const outbox = await documents.outbox.stats(options);
    return { ...outbox, consistency, maxBacklog, ...this.#worker.status };
  }

  /** What is there and what waits. An index that does not answer is named in `problems`. */
  async stats(options: CallOptions = {}): Promise<StoreStats> {
    await this.#readyToTell();
    return readStats(this.parts, this.#worker.status, options);
  }

  /**
   * Compares the documents with both indexes, entry by entry, in all scopes unless one is given; or,
   * given an id or a key, one document.
   */
  checkConsistency(options?: ConsistencyOptions): Promise<ConsistencyReport>;
  checkConsistency(key: string | KeyInput, options?: CallOptions): Promise<DocumentConsistency>;
  async checkConsistency(
    what: string | KeyInput | ConsistencyOptions = {},
    options: CallOptions = {},
  ): Promise<ConsistencyReport | DocumentConsistency> {
    await this.ready();
    const parts = { ...this.parts };
    if (typeof what === "string") return checkDocument(parts, toKey({ id: what }), options);
    if ("id" in what) return checkDocument(parts, toKey(what), options);
    return checkConsistency(parts, what);
  }

  /** As `checkConsistency`, for the next `limit` documents in key order or, with `full`, for all. */
  async getConsistencyReport(
    options: ConsistencyReportOptions = {},
  ): Promise<PartialConsistencyReport> {
    await this.ready();
    return reportConsistency({ ...this.parts }, options);
  }

  /** Writes the index entries of one document anew, out of quarantine too. @returns whether they agree now */
  async retryVectorWrite(
    key: string | KeyInput,
    options: CallOptions & { readonly maxRetries?: number } = {},
  ): Promise<boolean> {
    await this.ready();
    const full = toKey(typeof key === "string" ? { id: key } : key);
    return this.#indexing.retry(full, options);
  }

  /**
   * Fills an index of another model beside the one in use and switches to it; run again after a stop
   * it goes on where it was. Other processes must reopen with the new embedder afterwards.
   * @throws `E_UNSUPPORTED` when the engine keeps one index only, `E_CONFLICT`, `E_EMBEDDING_FAILED`
   */
  async reembed(options: ReembedOptions): Promise<ReembedReport> {
    await this.ready();
    const context = { parts: this.parts, gate: this.#gate, given: this.#given };
    const report = await reembed(context, options);
    this.#worker.wake();
    return report;
  }

  /** Queues what is missing or stale, deletes orphans, releases the quarantine, drains, checks again. */
  async repair(options: RepairOptions = {}): Promise<RepairReport> {
    await this.ready();
    return repair(this.parts, this.#indexer, () => this.#worker.flush(options.signal), options);
  }

  /** Drains everything due in the outbox now. */
  async flush(options: CallOptions = {}): Promise<FlushStats> {
    await this.ready();
    return this.#worker.flush(options.signal);
  }

  /** Waits for the batch being indexed; the rest of the outbox is taken up at the next open. Closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#worker.close();
    if (!this.#closeParts) return;
    const { vectors, lexical, documents } = this.parts;
    await vectors.close();
    await lexical.close();
    await documents.close();
  }

  /** A failed check is made again at the next call. */
  protected async ready(): Promise<void> {
    this.#throwIfClosed();
    this.#opening ??= this.#check();
    await this.#opening;
  }

  /** A part that is down fails the checks of opening, but not the telling of what is known without it. */
  async #readyToTell(): Promise<void> {
    await this.ready().catch((error: unknown) => {
      if (!isPalimpsestError(error, "E_UNAVAILABLE")) throw error;
    });
  }

  async #check(): Promise<void> {
    try {
      await checkParts(this.parts);
      await this.#worker.resume();
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  #throwIfClosed(): void {
    if (this.#closing) {
      throw new PalimpsestError("E_CLOSED", "the store was closed; open it again to use it");
    }
  }
}
