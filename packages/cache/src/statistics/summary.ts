import {
  type ClassCounters,
  combineCounters,
  emptyCounters,
  type StatisticsSnapshot,
} from "./counters.ts";
import { latencyPercentile } from "./latency.ts";

/** Durations in milliseconds, rounded up by at most 28 %; null without any. */
export interface LatencySummary {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** What counters mean. */
export interface ClassSummary {
  readonly requests: number;
  /** Fresh, stale and near ones. */
  readonly hits: number;
  readonly staleHits: number;
  readonly nearHits: number;
  readonly misses: number;
  readonly errors: number;
  /** Share of requests that were hits or shared another's fill; 0 without requests. */
  readonly hitRate: number;
  /** Hits and shared fills: each would have been a call. */
  readonly callsSaved: number;
  readonly tokensSaved: number;
  readonly costSaved: number;
  /** What the cache itself cost. */
  readonly costSpent: number;
  readonly netSaved: number;
  /** What hits would have waited, at the mean duration of a fill. Milliseconds. */
  readonly timeSaved: number;
  readonly bytes: number;
  readonly hitLatency: LatencySummary;
  readonly fillLatency: LatencySummary;
}

/** @returns sums that a person or a script can read */
export function summarise(counters: ClassCounters): ClassSummary {
  const { hits, staleHits, nearHits, joins, misses, errors, negativeHits, bytes } = counters;
  const served = hits + staleHits + nearHits;
  const requests = served + joins + misses + negativeHits;
  const fillCount = counters.fills + counters.backgroundFills + counters.unstored;
  const meanFill = fillCount === 0 ? 0 : counters.fillMilliseconds / fillCount;
  return {
    requests,
    hits: served,
    staleHits,
    nearHits,
    misses,
    errors,
    hitRate: requests === 0 ? 0 : (served + joins) / requests,
    callsSaved: served + joins,
    tokensSaved: counters.savedTokens - counters.spentTokens,
    costSaved: counters.savedCost,
    costSpent: counters.spentCost,
    netSaved: counters.savedCost - counters.spentCost,
    timeSaved: Math.max(0, served * meanFill - counters.hitMilliseconds),
    bytes,
    hitLatency: latencyOf(counters.hitLatency),
    fillLatency: latencyOf(counters.fillLatency),
  };
}

/** The sum over all classes. */
export function totalOf({ classes }: StatisticsSnapshot): ClassCounters {
  return Object.values(classes).reduce<ClassCounters>(
    (sum, counters) => combineCounters(sum, counters, 1),
    emptyCounters(),
  );
}

function latencyOf(counts: readonly number[]): LatencySummary {
  const at = (q: number) => latencyPercentile(counts, q) ?? null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
