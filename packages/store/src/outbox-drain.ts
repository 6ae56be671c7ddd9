import { randomUUID } from "node:crypto";
import {
  compareRevisions,
  describeKey,
  isPalimpsestError,
  type OutboxEntry,
} from "@palimpsest/core";
import { isActive, outdated } from "./active-model.ts";
import { retryDelay, type WorkerSettings } from "./backoff.ts";
import type { Indexer, IndexState } from "./indexer.ts";
import type { Parts } from "./parts.ts";

/** What one drain did. */
export interface DrainStats {
  /** Documents whose index entries were written. */
  indexed: number;
  /** Keys whose index entries were removed. */
  removed: number;
  /** Documents that changed while they were indexed, queued again. */
  requeued: number;
  /** Entries that failed and wait for their next attempt. */
  retried: number;
  /** Entries put out of circulation. */
  quarantined: number;
}

/** Why entries wait. */
export interface DrainFailure {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly message: string;
}

/** Settles outbox entries batch by batch; a failing batch is halved until the poison is alone. */
export class OutboxDrain {
  /** Unique per store, so a lease that ran out is never settled in the name of its next holder. */
  readonly #owner = randomUUID();
  readonly #parts: Parts;
  readonly #indexer: Indexer;
  readonly #settings: WorkerSettings;
  #lastFailure: DrainFailure | undefined;
  #saidOutdated = false;

  constructor(parts: Parts, indexer: Indexer, settings: WorkerSettings) {
    this.#parts = parts;
    this.#indexer = indexer;
    this.#settings = settings;
  }

  /** Works until nothing is due, the engine is down, or `signal` fires (then returns what was done). */
  async run(signal: AbortSignal): Promise<DrainStats> {
    const stats: DrainStats = { indexed: 0, removed: 0, requeued: 0, retried: 0, quarantined: 0 };
    let more = await this.#isActive();
    while (more && !signal.aborted) {
      more = await this.#batch(stats);
    }
    return stats;
  }

  /** The latest failure since the last batch that went well. */
  get lastFailure(): DrainFailure | undefined {
    return this.#lastFailure;
  }

  /** After a re-embedding by another process the outbox is left to workers with the new model. */
  async #isActive(): Promise<boolean> {
    const active = await isActive(this.#parts);
    if (!active && !this.#saidOutdated) {
      this.#parts.warn(`${messageOf(outdated(this.#parts))}; its outbox is left to others`);
    }
    this.#saidOutdated = !active;
    return active;
  }

  async #batch(stats: DrainStats): Promise<boolean> {
    const { batchSize: limit, leaseMs } = this.#settings;
    const entries = await this.#parts.documents.outbox.claim({
      owner: this.#owner,
      limit,
      leaseMs,
    });
    return entries.length > 0 && this.#process(entries, stats, false);
  }

  /** @returns whether it makes sense to go on with other entries */
  async #process(
    entries: readonly OutboxEntry[],
    stats: DrainStats,
    probed: boolean,
  ): Promise<boolean> {
    try {
      await this.#index(entries, stats);
      this.#lastFailure = undefined;
      return true;
    } catch (error) {
      this.#lastFailure = { at: this.#parts.clock.now(), message: messageOf(error) };
      if (!probed && (isOutage(error) || !(await this.#probe()))) {
        await this.#retryLater(entries, error, stats);
        return false;
      }
      await this.#isolate(entries, error, stats);
      return true;
    }
  }

  async #index(entries: readonly OutboxEntry[], stats: DrainStats): Promise<void> {
    const states = await this.#indexer.read(entries);
    const outcome = await this.#indexer.index(states);
    await this.#parts.documents.outbox.settle(
      this.#owner,
      entries.map((entry, i) => upToState(entry, states[i])),
    );
    stats.indexed += outcome.indexed;
    stats.removed += outcome.removed;
    stats.requeued += outcome.requeued;
  }

  /** The engine answers, so the fault is in the entries: halve them until it is alone. */
  async #isolate(
    entries: readonly OutboxEntry[],
    error: unknown,
    stats: DrainStats,
  ): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    if (entries.length > 1) {
      const middle = entries.length >> 1;
      await this.#process(entries.slice(0, middle), stats, true);
      await this.#process(entries.slice(middle), stats, true);
    } else if (first.attempts + 1 >= this.#settings.maxAttempts) {
      await this.#quarantine(first, error, stats);
    } else {
      await this.#retryLater(entries, error, stats);
    }
  }

  /** Tells a poison document from an outage: does the embedder embed, and the index answer, at all? */
  async #probe(): Promise<boolean> {
    try {
      await this.#parts.embedding.documents(["palimpsest"]);
      await this.#parts.vectors.describe();
      return true;
    } catch {
      // The failure that led here is the one to report.
      return false;
    }
  }

  async #quarantine(entry: OutboxEntry, error: unknown, stats: DrainStats): Promise<void> {
    await this.#parts.documents.outbox.quarantine(this.#owner, [entry], messageOf(error));
    stats.quarantined++;
    this.#parts.warn(
      `${describeKey(entry)} could not be indexed in ${entry.attempts + 1} attempts and is quarantined; run \`repair\` when the cause is gone: ${messageOf(error)}`,
    );
  }

  async #retryLater(
    entries: readonly OutboxEntry[],
    error: unknown,
    stats: DrainStats,
  ): Promise<void> {
    const attempts = Math.min(...entries.map((entry) => entry.attempts));
    const delay = retryDelay(attempts, this.#settings);
    await this.#parts.documents.outbox.retryLater(this.#owner, entries, {
      error: messageOf(error),
      retryAt: this.#parts.clock.now() + delay,
    });
    stats.retried += entries.length;
    this.#parts.warn(
      `${entries.length} documents could not be indexed, next attempt in ${delay} ms: ${messageOf(error)}`,
    );
  }
}

const outages = new Set<string>([
  "E_UNAVAILABLE",
  "E_LOCKED",
  "E_FULL",
  "E_READ_ONLY",
  "E_CLOSED",
  "E_DIMENSION_MISMATCH",
  "E_MODEL_MISMATCH",
]);

/** Failures that hold for every document alike. */
function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isPalimpsestError(cause) && outages.has(cause.code)) return true;
  }
  return false;
}

/** Settles up to what was indexed, which may be newer than what was claimed. */
function upToState(entry: OutboxEntry, state: IndexState | undefined): OutboxEntry {
  const revision = state?.document?.revision;
  return revision && compareRevisions(revision, entry.revision) > 0
    ? { ...entry, revision }
    : entry;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
