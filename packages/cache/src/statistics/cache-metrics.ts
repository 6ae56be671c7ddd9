import {
  type BatchObservableResult,
  type Meter,
  metrics,
  type Observable,
} from "@opentelemetry/api";
import type { CacheStatistics } from "./cache-statistics.ts";
import type { ClassCounters } from "./counters.ts";
import { latencyPercentile } from "./latency.ts";
import { summarise } from "./summary.ts";

/** Metrics are read when they are collected, so that no call pays for them. */
type MeterPart = Pick<
  Meter,
  | "createObservableCounter"
  | "createObservableUpDownCounter"
  | "createObservableGauge"
  | "addBatchObservableCallback"
  | "removeBatchObservableCallback"
>;

type Observed = (counters: ClassCounters) => Readonly<Record<string, number>>;

const seconds = (milliseconds: number | undefined): number => (milliseconds ?? 0) / 1_000;

/**
 * Reports what a cache counts to OpenTelemetry, by class. Call it when the SDK is set up: before, there is
 * nobody to report to. Dispose of the result to stop.
 */
export function observeCache(
  statistics: CacheStatistics,
  meter: MeterPart = metrics.getMeter("@palimpsest/cache"),
): Disposable {
  const observed = instruments(meter);
  const observables = observed.map(({ observable }) => observable);
  const report = (result: BatchObservableResult): void => {
    for (const [name, counters] of Object.entries(statistics.snapshot().classes)) {
      for (const { observable, label, read } of observed) {
        for (const [value, count] of Object.entries(read(counters))) {
          result.observe(observable, count, { class: name, ...(label && { [label]: value }) });
        }
      }
    }
  };
  meter.addBatchObservableCallback(report, observables);
  return {
    [Symbol.dispose]: () => meter.removeBatchObservableCallback(report, observables),
  };
}

/** Each with the values that it has per class; `label` names what their keys are. */
function instruments(
  meter: MeterPart,
): readonly { observable: Observable; label?: string; read: Observed }[] {
  return [
    {
      observable: meter.createObservableCounter("palimpsest.cache.requests"),
      label: "outcome",
      read: ({ hits, staleHits, nearHits, joins, misses, negativeHits }) => ({
        hit: hits,
        stale: staleHits,
        near: nearHits,
        join: joins,
        miss: misses,
        negative: negativeHits,
      }),
    },
    {
      observable: meter.createObservableGauge("palimpsest.cache.hit_rate"),
      read: (counters) => ({ all: summarise(counters).hitRate }),
    },
    {
      observable: meter.createObservableCounter("palimpsest.cache.errors"),
      read: ({ errors }) => ({ all: errors }),
    },
    {
      observable: meter.createObservableUpDownCounter("palimpsest.cache.saved_tokens"),
      read: (counters) => ({ all: summarise(counters).tokensSaved }),
    },
    {
      observable: meter.createObservableUpDownCounter("palimpsest.cache.saved_cost"),
      read: (counters) => ({ all: summarise(counters).netSaved }),
    },
    {
      observable: meter.createObservableGauge("palimpsest.cache.fill_duration", { unit: "s" }),
      label: "quantile",
      read: ({ fillLatency }) => ({
        "0.5": seconds(latencyPercentile(fillLatency, 0.5)),
        "0.95": seconds(latencyPercentile(fillLatency, 0.95)),
      }),
    },
  ];
}
