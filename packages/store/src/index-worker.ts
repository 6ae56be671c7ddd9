import { isPalimpsestError, type OutboxStats, throwIfAborted } from "@palimpsest/core";
import { type DrainFailure, type DrainStats, messageOf, type OutboxDrain } from "./outbox-drain.ts";
import type { Parts } from "./parts.ts";

/** What `flush` did, and what is left: retries that are not due, entries another worker holds. */
export type FlushStats = DrainStats & Pick<OutboxStats, "pending">;

/** The worker of this store object; its totals are those since it was opened. */
export interface WorkerStatus extends Readonly<DrainStats> {
  /** Whether it drains by itself. */
  readonly background: boolean;
  readonly draining: boolean;
  readonly lastFailure?: DrainFailure;
}

const shortestPauseMs = 250;
const longestPauseMs = 30_000;
/** Writes that follow one another closely are indexed together. */
const gatherMs = 20;

/**
 * Drains the outbox in the background while anything is pending, one drain at a time. Its timers do
 * not keep the process alive: what an exit leaves waiting is taken up at the next open.
 */
export class IndexWorker {
  readonly #drain: OutboxDrain;
  readonly #parts: Parts;
  readonly #background: boolean;
  readonly #stop = new AbortController();
  readonly #total: DrainStats = {
    indexed: 0,
    removed: 0,
    requeued: 0,
    retried: 0,
    quarantined: 0,
  };
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  /** A drain that has not begun will meet whatever was queued so far. */
  #isAwaited = false;
  #tail: Promise<unknown> = Promise.resolve();
  #pause = shortestPauseMs;

  constructor(parts: Parts, drain: OutboxDrain, background: boolean) {
    this.#parts = parts;
    this.#drain = drain;
    this.#background = background;
  }

  get status(): WorkerStatus {
    const lastFailure = this.#drain.lastFailure;
    return {
      background: this.#background,
      draining: this.#running > 0,
      ...this.#total,
      ...(lastFailure && { lastFailure }),
    };
  }

  /** Something was queued: drain soon. */
  wake(): void {
    this.#pause = shortestPauseMs;
    if (this.#isAwaited || !this.#background) return;
    this.#isAwaited = true;
    this.#schedule(gatherMs);
  }

  /** Takes up what an earlier process left. */
  async resume(): Promise<void> {
    if (this.#background && (await this.#parts.documents.outbox.stats()).pending > 0) this.wake();
  }

  /** Drains everything due. @throws what reading or settling the outbox throws */
  async flush(signal?: AbortSignal): Promise<FlushStats> {
    throwIfAborted(signal);
    const stop = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const stats = await this.#inTurn(() => this.#run(stop));
    throwIfAborted(signal);
    const { pending } = await this.#parts.documents.outbox.stats();
    return { ...stats, pending };
  }

  /** Waits for the running batch; the rest stays in the outbox. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#tail;
  }

  async #run(signal: AbortSignal): Promise<DrainStats> {
    this.#running++;
    try {
      const stats = await this.#drain.run(signal);
      for (const key of Object.keys(stats) as (keyof DrainStats)[]) this.#total[key] += stats[key];
      return stats;
    } finally {
      this.#running--;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  #schedule(ms: number): void {
    if (!this.#background || this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#inTurn(() => this.#step()), ms).unref();
  }

  /** Pauses longer and longer while nothing moves: retries not due, leases of a dead worker. */
  async #step(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#isAwaited = false;
    try {
      const stats = await this.#run(this.#stop.signal);
      const { pending } = await this.#parts.documents.outbox.stats();
      if (stats.indexed + stats.removed > 0) this.#pause = shortestPauseMs;
      if (pending === 0) return;
    } catch (error) {
      if (isPalimpsestError(error, "E_READ_ONLY")) {
        return this.#parts.warn(
          "the outbox is not empty, but the store is read-only: what waits in it is not found by search yet",
        );
      }
      this.#parts.warn(`the index worker failed and will try again: ${messageOf(error)}`);
    }
    if (!this.#isAwaited) this.#schedule(this.#pause);
    this.#pause = Math.min(this.#pause * 2, longestPauseMs);
  }
}
