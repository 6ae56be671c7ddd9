import type { CacheStatistics } from "./cache-statistics.ts";
import { SharedStatistics } from "./shared-statistics.ts";

export interface StatisticsFlushOptions {
  readonly statistics: CacheStatistics;
  readonly shared: SharedStatistics;
  /** Milliseconds between two flushes. @defaultValue 10_000 */
  readonly every?: number;
  /** Gets the error of a flush in the background; the next one adds what this one could not. */
  readonly onError?: (error: unknown) => void;
}

/** Adds what this process counts to the sums of all, now and then, and once more when it is disposed. */
export class StatisticsFlush implements AsyncDisposable {
  readonly #statistics: CacheStatistics;
  readonly #shared: SharedStatistics;
  /** Units already added, by class and field. */
  readonly #added = new Map<string, Map<string, number>>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor({ statistics, shared, every = 10_000, onError }: StatisticsFlushOptions) {
    this.#statistics = statistics;
    this.#shared = shared;
    this.#timer = setInterval(() => this.flush().catch((error) => onError?.(error)), every).unref();
  }

  /** One at a time. What was added stays added when a later counter fails. */
  flush(): Promise<void> {
    const next = this.#running.then(
      () => this.#flush(),
      () => this.#flush(),
    );
    this.#running = next;
    return next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #flush(): Promise<void> {
    for (const [name, counters] of Object.entries(this.#statistics.snapshot().classes)) {
      const added = this.#added.get(name) ?? new Map<string, number>();
      if (!this.#added.has(name)) {
        await this.#shared.register(name);
        this.#added.set(name, added);
      }
      for (const [field, units] of SharedStatistics.unitsOf(counters)) {
        const difference = units - (added.get(field) ?? 0);
        if (difference === 0) continue;
        await this.#shared.add(name, field, difference);
        added.set(field, units);
      }
    }
  }
}
