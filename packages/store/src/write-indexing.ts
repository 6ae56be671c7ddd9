import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  type CallOptions,
  compareRevisions,
  describeKey,
  type DocumentKey,
  type OutboxEntry,
  PalimpsestError,
  type StoredDocument,
  throwIfAborted,
} from "@palimpsest/core";
import { retryDelay, type WorkerSettings } from "./backoff.ts";
import type { Indexer, IndexState } from "./indexer.ts";
import type { IndexWorker } from "./index-worker.ts";
import { keyString } from "./key-string.ts";
import { messageOf } from "./outbox-drain.ts";
import type { Parts } from "./parts.ts";

/** What happens to the index entries of documents that were just written. */
export class WriteIndexing {
  readonly #parts: Parts;
  readonly #indexer: Indexer;
  readonly #worker: IndexWorker;
  readonly #settings: WorkerSettings;

  constructor(parts: Parts, indexer: Indexer, worker: IndexWorker, settings: WorkerSettings) {
    this.#parts = parts;
    this.#indexer = indexer;
    this.#worker = worker;
    this.#settings = settings;
  }

  /** Strict: indexes now, by claiming the writes' own outbox entries. @throws `E_INDEX_FAILED` */
  async settle(written: readonly StoredDocument[]): Promise<void> {
    if (written.length === 0) return;
    if (this.#parts.consistency === "eventual") return this.#worker.wake();
    const states = [...lastOfEachKey(written).values()].map((document) => {
      const { scope, id } = document;
      return { key: { scope, id }, document };
    });
    await this.#indexNow(states).catch((error: unknown) => {
      throw this.failed(error, states.length);
    });
  }

  /**
   * Writes the index entries of one document now, also when they seem right.
   * @returns whether that was possible within `maxRetries` further attempts
   * @throws `E_NOT_FOUND`
   */
  async retry(
    key: DocumentKey,
    { maxRetries = 3, signal }: CallOptions & { readonly maxRetries?: number },
  ): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      throwIfAborted(signal);
      const [state] = await this.#indexer.read([key]);
      if (state === undefined || state.document === undefined || state.document.deleted) {
        throw new PalimpsestError("E_NOT_FOUND", `${describeKey(key)} does not exist`);
      }
      try {
        await this.#parts.documents.outbox.enqueue([key]);
        await this.#indexNow([state]);
        return true;
      } catch (error) {
        this.#parts.warn(`${describeKey(key)} could not be indexed: ${messageOf(error)}`);
      }
      if (attempt >= maxRetries) return false;
      await setTimeout(retryDelay(attempt, this.#settings));
    }
  }

  async #indexNow(written: readonly IndexState[]): Promise<void> {
    const owner = randomUUID();
    const entries = await this.#claim(owner, written);
    let states = written;
    try {
      const others = withoutEntry(written, entries);
      if (others.length > 0) {
        const fresh = await this.#leaseAgain(owner, others, entries);
        states = [...written.filter((state) => !others.includes(state)), ...fresh];
      }
      // Also what another worker holds at the moment: index writes are idempotent.
      const { requeued } = await this.#indexer.index(states);
      if (requeued > 0 || entries.length < states.length) this.#worker.wake();
    } catch (error) {
      await this.#giveBack(owner, entries, error);
      throw error;
    }
    const indexed = new Map(states.map(({ key, document }) => [keyString(key), document]));
    await this.#parts.documents.outbox.settle(
      owner,
      entries.map((entry) => ownRevision(entry, indexed)),
    );
  }

  #claim(owner: string, states: readonly IndexState[]): Promise<OutboxEntry[]> {
    return this.#parts.documents.outbox.claim({
      owner,
      keys: states.map(({ key }) => key),
      limit: states.length,
      leaseMs: this.#settings.leaseMs,
    });
  }

  /**
   * Another worker was faster and may have settled newer writes, too. What is indexed now must leave
   * an entry behind if it is overtaken, and must not be an old state.
   */
  async #leaseAgain(
    owner: string,
    states: readonly IndexState[],
    entries: OutboxEntry[],
  ): Promise<IndexState[]> {
    const keys = states.map(({ key }) => key);
    await this.#parts.documents.outbox.enqueue(keys);
    entries.push(...(await this.#claim(owner, states)));
    return this.#indexer.read(keys);
  }

  /** The error of a strict write whose documents are stored but not indexed. */
  failed(cause: unknown, count: number): PalimpsestError {
    this.#worker.wake();
    return new PalimpsestError(
      "E_INDEX_FAILED",
      `${count === 1 ? "the document is" : `${count} documents are`} stored but could not be indexed, and will be tried again: ${messageOf(cause)}`,
      { cause, documentStayed: true },
    );
  }

  /** Eventual: the outbox has it. */
  deferred(cause: unknown, count: number): void {
    this.#worker.wake();
    this.#parts.warn(
      `${count} documents are stored but not indexed yet, they wait in the outbox: ${messageOf(cause)}`,
    );
  }

  async #giveBack(owner: string, entries: readonly OutboxEntry[], error: unknown): Promise<void> {
    if (entries.length === 0) return;
    const retryAt = this.#parts.clock.now() + retryDelay(0, this.#settings);
    await this.#parts.documents.outbox.retryLater(owner, entries, {
      error: messageOf(error),
      retryAt,
    });
  }
}

function withoutEntry(
  states: readonly IndexState[],
  entries: readonly OutboxEntry[],
): IndexState[] {
  if (entries.length === states.length) return [];
  const claimed = new Set(entries.map(keyString));
  return states.filter(({ key }) => !claimed.has(keyString(key)));
}

function lastOfEachKey(written: readonly StoredDocument[]): Map<string, StoredDocument> {
  const last = new Map<string, StoredDocument>();
  for (const document of written) last.set(keyString(document), document);
  return last;
}

/** Settles no further than what this write indexed: a newer entry belongs to its own writer. */
function ownRevision(
  entry: OutboxEntry,
  indexed: ReadonlyMap<string, StoredDocument | undefined>,
): OutboxEntry {
  const revision = indexed.get(keyString(entry))?.revision ?? entry.revision;
  return compareRevisions(revision, entry.revision) < 0 ? { ...entry, revision } : entry;
}
