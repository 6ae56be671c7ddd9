import { PalimpsestError } from "@palimpsest/core";
import { Cron } from "croner";
import type { Cache, EntryOptions, Fill } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";

/** One entry that is to be there before it is asked for. */
export interface WarmEntry {
  readonly key: CacheKey;
  readonly fill: Fill<unknown>;
  readonly options: EntryOptions;
}

type Entries = Iterable<WarmEntry> | AsyncIterable<WarmEntry>;

/** What to warm, and when. */
export interface WarmingPlan {
  /** Five or six fields of cron: `"0 6 * * *"` is every day at six. */
  readonly schedule: string;
  /** IANA name. @defaultValue that of the machine */
  readonly timezone?: string;
  readonly entries: (context: { readonly signal: AbortSignal }) => Entries | Promise<Entries>;
  /** Fills per run at most; what is in the cache already costs nothing. @defaultValue 1_000 */
  readonly maxFills?: number;
  /** Milliseconds per run at most. @defaultValue 10 minutes */
  readonly maxDuration?: number;
  /** Fills at a time. @defaultValue 2 */
  readonly concurrency?: number;
  /** Also fills what is still fresh, so that it lasts through the peak. @defaultValue false */
  readonly refresh?: boolean;
}

export interface CacheWarmerOptions {
  readonly cache: Pick<Cache, "getOrSet">;
  readonly plans: Readonly<Record<string, WarmingPlan>>;
  /** Gets every error of an entry or a run, with the plan's name. @defaultValue they are only counted */
  readonly onError?: (error: unknown, plan: string) => void;
}

/** What the runs of one plan did so far. */
export interface WarmingCounts {
  readonly runs: number;
  /** Not begun, since the run before was not over. */
  readonly overlapped: number;
  /** Ended by a budget before all entries were seen. */
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

/**
 * Fills a cache before a peak, by schedule. Warming goes through the cache's own single-flight, in the
 * background, so that it pays for nothing twice and can yield to callers; it keeps no process alive.
 */
export class CacheWarmer implements Disposable {
  readonly #cache: Pick<Cache, "getOrSet">;
  readonly #onError: CacheWarmerOptions["onError"];
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #stop = new AbortController();

  /** @throws `E_INVALID_INPUT` for a schedule that cannot be read or a budget below 1 */
  constructor({ cache, plans, onError }: CacheWarmerOptions) {
    this.#cache = cache;
    this.#onError = onError;
    for (const [name, plan] of Object.entries(plans)) checkPlan(name, plan);
    this.#plans = new Map(
      Object.entries(plans).map(([name, plan]) => [name, this.#schedule(name, plan)]),
    );
  }

  /** Runs a plan now. @returns false when it is running already @throws `E_NOT_FOUND` */
  async run(name: string): Promise<boolean> {
    const plan = this.#planOf(name);
    if (plan.isRunning || this.#stop.signal.aborted) {
      plan.counts.overlapped += 1;
      return false;
    }
    plan.isRunning = true;
    plan.counts.runs += 1;
    try {
      await this.#warm(plan);
    } catch (error) {
      plan.counts.failed += 1;
      this.#onError?.(error, name);
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
    const counts = { runs: 0, overlapped: 0, cutShort: 0, filled: 0, present: 0, failed: 0 };
    return { name, plan, counts, job, isRunning: false };
  }

  async #warm({ name, plan, counts }: Plan): Promise<void> {
    const { maxFills = 1_000, maxDuration = tenMinutes, concurrency = 2, refresh = false } = plan;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), maxDuration).unref();
    const signal = AbortSignal.any([this.#stop.signal, end.signal]);
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
        counts.failed += 1;
        fills += 1;
        this.#onError?.(error, name);
      }
    };
    try {
      for await (const entry of await plan.entries({ signal })) {
        if (signal.aborted || fills >= maxFills) {
          counts.cutShort += 1;
          break;
        }
        const one: Promise<void> = warm(entry).finally(() => running.delete(one));
        running.add(one);
        // Those under way may all turn out to be fills: they count against the budget.
        while (running.size >= Math.max(1, Math.min(concurrency, maxFills - fills))) {
          await Promise.race(running);
        }
      }
      await Promise.all(running);
    } finally {
      clearTimeout(timer);
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
