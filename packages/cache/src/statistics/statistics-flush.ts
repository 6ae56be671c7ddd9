import { PalimpsestError } from "@palimpsest/core";
import type { CacheStatistics } from "./cache-statistics.ts";
import { SharedStatistics } from "./shared-statistics.ts";

export interface StatisticsFlushOptions {
  readonly statistics: CacheStatistics;
  readonly shared: SharedStatistics;
  /** Milliseconds between two flushes, 1 to 2^31 - 1. @defaultValue 10_000 */
  readonly every?: number;
  /** Gets the error of a flush in the background; the next one adds what this one could not. */
  readonly onError?: (error: unknown) => void;
}

const longestTimer = 2 ** 31 - 1;

/** Adds what this process counts to the sums of all, now and then, and once more when it is disposed. */
export class StatisticsFlush implements AsyncDisposable {
  readonly #statistics: CacheStatistics;
  readonly #shared: SharedStatistics;
  /** Units already added, by class and field. */
  readonly #added = new Map<string, Map<string, number>>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  /** @throws `E_INVALID_INPUT` for an interval that no timer has */
  constructor({ statistics, shared, every = 10_000, onError }: StatisticsFlushOptions) {
    if (!(every >= 1 && every <= longestTimer)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `every is ${every} ms; give 1 to ${longestTimer} between two flushes of statistics`,
      );
    }
    this.#statistics = statistics;
    this.#shared = shared;
    this.#timer = setInterval(() => void this.#flushBehind(onError), every).unref();
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

  /** Never rejects: nobody waits for it. */
  async #flushBehind(onError: StatisticsFlushOptions["onError"]): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      try {
        onError?.(error);
      } catch (thrown) {
        process.emitWarning(
          `onError of a statistics flush threw: ${thrown instanceof Error ? thrown.message : thrown}`,
        );
      }
    }
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
