import { PalimpsestError } from "@palimpsest/core";
import { Cron } from "croner";
import type { Cache, EntryOptions, Fill } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import { aborted, type Source, untilAborted } from "./until-aborted.ts";

/** One entry that is to be there before it is asked for. */
export interface WarmEntry {
  readonly key: CacheKey;
  readonly fill: Fill<unknown>;
  readonly options: EntryOptions;
}

/** What to warm, and when. */
export interface WarmingPlan {
  /** Five or six fields of cron: `"0 6 * * *"` is every day at six. */
  readonly schedule: string;
  /** IANA name. @defaultValue that of the machine */
  readonly timezone?: string;
  readonly entries: (context: {
    readonly signal: AbortSignal;
  }) => Source<WarmEntry> | Promise<Source<WarmEntry>>;
  /** Fills per run at most; what is in the cache already costs nothing. @defaultValue 1_000 */
  readonly maxFills?: number;
  /** Milliseconds per run at most; `Infinity` is about 25 days. @defaultValue 10 minutes */
  readonly maxDuration?: number;
  /** Fills at a time. @defaultValue 2 */
  readonly concurrency?: number;
  /** Also fills what is still fresh, so that it lasts through the peak. @defaultValue false */
  readonly refresh?: boolean;
}

export interface CacheWarmerOptions {
  readonly cache: Pick<Cache, "getOrSet">;
  readonly plans: Readonly<Record<string, WarmingPlan>>;
  /** Asked before each run and each entry, such as `OptimizationFlags.isWarmingOn`. @defaultValue always */
  readonly isEnabled?: () => boolean | Promise<boolean>;
  /** Gets every error of an entry or a run, with the plan's name. @defaultValue they are only counted */
  readonly onError?: (error: unknown, plan: string) => void;
}

/** What the runs of one plan did so far. */
export interface WarmingCounts {
  readonly runs: number;
  /** Not begun, since the run before was not over. */
  readonly overlapped: number;
  /** Not begun, since warming was off. */
  readonly skipped: number;
  /** Ended before all entries were seen: by a budget, by being turned off, or by disposing. */
  readonly cutShort: number;
  readonly filled: number;
  /** In the cache already. */
  readonly present: number;
  readonly failed: number;
}

type Counts = { -readonly [Name in keyof WarmingCounts]: number };

interface Plan {
  readonly name: string;
  readonly plan: WarmingPlan;
  readonly counts: Counts;
  readonly job: Cron;
  isRunning: boolean;
}

const tenMinutes = 600_000;
/** What a timer can wait. */
const longestTimer = 2 ** 31 - 1;

/**
 * Fills a cache before a peak, by schedule. Warming goes through the cache's own single-flight, in the
 * background, so that it pays for nothing twice and can yield to callers; it keeps no process alive.
 */
export class CacheWarmer implements Disposable {
  readonly #cache: Pick<Cache, "getOrSet">;
  readonly #onError: CacheWarmerOptions["onError"];
  readonly #isEnabled: NonNullable<CacheWarmerOptions["isEnabled"]>;
  readonly #plans = new Map<string, Plan>();
  readonly #stop = new AbortController();

  /** @throws `E_INVALID_INPUT` for a schedule that cannot be read or a budget below 1; then nothing runs */
  constructor({ cache, plans, onError, isEnabled = () => true }: CacheWarmerOptions) {
    this.#cache = cache;
    this.#onError = onError;
    this.#isEnabled = isEnabled;
    for (const [name, plan] of Object.entries(plans)) checkPlan(name, plan);
    try {
      for (const [name, plan] of Object.entries(plans)) {
        this.#plans.set(name, this.#schedule(name, plan));
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Runs a plan now. An error of it is counted and told, not thrown.
   * @returns false when it runs already, warming is off or the warmer was disposed of
   * @throws `E_NOT_FOUND`
   */
  async run(name: string): Promise<boolean> {
    const plan = this.#planOf(name);
    const { counts } = plan;
    if (this.#stop.signal.aborted) return false;
    if (plan.isRunning) {
      counts.overlapped += 1;
      return false;
    }
    plan.isRunning = true;
    try {
      if (!(await this.#isEnabled())) {
        counts.skipped += 1;
        return false;
      }
      counts.runs += 1;
      await this.#warm(plan);
    } catch (error) {
      this.#fail(plan, error);
    } finally {
      plan.isRunning = false;
    }
    return true;
  }

  /** When a plan runs next, in epoch milliseconds; undefined after the end. @throws `E_NOT_FOUND` */
  nextRun(name: string): number | undefined {
    return this.#planOf(name).job.nextRun()?.getTime();
  }

  counts(): Readonly<Record<string, WarmingCounts>> {
    return Object.fromEntries([...this.#plans].map(([name, { counts }]) => [name, { ...counts }]));
  }

  /** No run begins any more; one under way is aborted. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const { job } of this.#plans.values()) job.stop();
  }

  #schedule(name: string, plan: WarmingPlan): Plan {
    const timezone = plan.timezone === undefined ? {} : { timezone: plan.timezone };
    const job = readSchedule(name, () => {
      return new Cron(plan.schedule, { unref: true, ...timezone }, async () => {
        await this.run(name);
      });
    });
    const counts = {
      runs: 0,
      overlapped: 0,
      skipped: 0,
      cutShort: 0,
      filled: 0,
      present: 0,
      failed: 0,
    };
    return { name, plan, counts, job, isRunning: false };
  }

  async #warm(plan: Plan): Promise<void> {
    const { maxDuration = tenMinutes } = plan.plan;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), Math.min(maxDuration, longestTimer)).unref();
    try {
      await this.#warmAll(plan, AbortSignal.any([this.#stop.signal, end.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  async #warmAll(plan: Plan, signal: AbortSignal): Promise<void> {
    const { entries, maxFills = 1_000, concurrency = 2, refresh = false } = plan.plan;
    const { counts } = plan;
    const running = new Set<Promise<void>>();
    let fills = 0;
    const warm = async (entry: WarmEntry): Promise<void> => {
      try {
        const hasFilled = await this.#warmEntry(entry, refresh, signal);
        counts[hasFilled ? "filled" : "present"] += 1;
        if (hasFilled) fills += 1;
      } catch (error) {
        // What a budget ended is told by `cutShort`.
        if (signal.aborted) return;
        fills += 1;
        this.#fail(plan, error);
      }
    };
    try {
      for await (const entry of untilAborted(() => entries({ signal }), signal)) {
        if (entry === aborted || fills >= maxFills || !(await this.#isEnabled())) {
          counts.cutShort += 1;
          return;
        }
        const one: Promise<void> = warm(entry).finally(() => running.delete(one));
        running.add(one);
        // Those under way may all turn out to be fills: they count against the budget.
        while (running.size >= Math.max(1, Math.min(concurrency, maxFills - fills))) {
          await Promise.race(running);
        }
      }
    } finally {
      // Also when the entries end in an error: the next run must not meet this one's fills.
      await Promise.all(running);
    }
  }

  /** A listener that throws must not end the run, nor the process by way of the schedule. */
  #fail({ name, counts }: Plan, error: unknown): void {
    counts.failed += 1;
    try {
      this.#onError?.(error, name);
    } catch (thrown) {
      process.emitWarning(
        `onError of the cache warmer threw: ${thrown instanceof Error ? thrown.message : thrown}`,
      );
    }
  }

  async #warmEntry(entry: WarmEntry, refresh: boolean, signal: AbortSignal): Promise<boolean> {
    let hasFilled = false;
    const fill: Fill<unknown> = (context) => {
      hasFilled = true;
      return entry.fill(context);
    };
    await this.#cache.getOrSet(entry.key, fill, {
      ...entry.options,
      background: true,
      refresh,
      signal,
    });
    return hasFilled;
  }

  #planOf(name: string): Plan {
    const plan = this.#plans.get(name);
    if (plan !== undefined) return plan;
    throw new PalimpsestError("E_NOT_FOUND", `there is no warming plan ${JSON.stringify(name)}`);
  }
}

function checkPlan(name: string, { maxFills = 1, maxDuration = 1, concurrency = 1 }: WarmingPlan) {
  if (maxFills >= 1 && maxDuration >= 1 && concurrency >= 1) return;
  throw refused(name, "needs maxFills, maxDuration and concurrency of at least 1");
}

function readSchedule(name: string, read: () => Cron): Cron {
  try {
    return read();
  } catch (error) {
    throw refused(name, "has a schedule or timezone that cannot be read", error);
  }
}

function refused(name: string, problem: string, cause?: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `the warming plan ${JSON.stringify(name)} ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
