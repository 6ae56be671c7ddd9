import { latencyBuckets } from "./latency.ts";

/** What is counted per class. Everything but money is a whole number. */
export const counterNames = [
  /** Answered with a fresh value. */
  "hits",
  /** Answered with a value past its time, while a refresh ran or after it failed. */
  "staleHits",
  /** Answered with the value of a question near enough. */
  "nearHits",
  /** Waited for the fill of another caller. */
  "joins",
  "misses",
  /** Fills that callers waited for. */
  "fills",
  /** Refreshes and warming. */
  "backgroundFills",
  "errors",
  /** A remembered error was thrown again. */
  "negativeHits",
  /** Filled, and not cached because the value must not be. */
  "unstored",
  /** Bytes of everything that was filled. */
  "bytes",
  /** Refreshes that found another value. */
  "changed",
  /** Refreshes that found the same value. */
  "unchanged",
  "fillMilliseconds",
  "hitMilliseconds",
  "savedTokens",
  "savedCost",
  /** By the cache itself: embeddings, comparisons, warming. */
  "spentTokens",
  "spentCost",
] as const;

export type CounterName = (typeof counterNames)[number];

/** The counts of one class; they add up over processes and subtract over time. */
export type ClassCounters = Readonly<Record<CounterName, number>> & {
  /** Counts per latency bucket, of hits and of fills. */
  readonly hitLatency: readonly number[];
  readonly fillLatency: readonly number[];
};

/** Everything counted up to a moment, as JSON. */
export interface StatisticsSnapshot {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly classes: Readonly<Record<string, ClassCounters>>;
}

/** The same while it is being counted. */
export type MutableCounters = Record<CounterName, number> & {
  readonly hitLatency: number[];
  readonly fillLatency: number[];
};

export function emptyCounters(): MutableCounters {
  const counts = Object.fromEntries(counterNames.map((name) => [name, 0]));
  return { ...(counts as Record<CounterName, number>), hitLatency: zeros(), fillLatency: zeros() };
}

function zeros(): number[] {
  return Array.from({ length: latencyBuckets }, () => 0);
}

/** `a + sign · b`, count by count. */
export function combineCounters(a: ClassCounters, b: ClassCounters, sign: 1 | -1): ClassCounters {
  const latency = (x: readonly number[], y: readonly number[]) =>
    x.map((count, i) => count + sign * (y[i] ?? 0));
  const counts = counterNames.map((name) => [name, a[name] + sign * b[name]]);
  return {
    ...(Object.fromEntries(counts) as Record<CounterName, number>),
    hitLatency: latency(a.hitLatency, b.hitLatency),
    fillLatency: latency(a.fillLatency, b.fillLatency),
  };
}
