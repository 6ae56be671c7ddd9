import type { Attributes, BatchObservableCallback, Observable } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { cacheKey } from "../cache-key.ts";
import { TieredCache } from "../tiered-cache.ts";
import { observeCache } from "./cache-metrics.ts";
import { CacheStatistics } from "./cache-statistics.ts";

/** What an SDK's meter does with instruments that are read when they are collected. */
function collector() {
  const names = new Map<Observable, string>();
  const callbacks = new Map<BatchObservableCallback, readonly Observable[]>();
  const create = (name: string): Observable => {
    const observable: Observable = {
      addCallback: () => undefined,
      removeCallback: () => undefined,
    };
    names.set(observable, name);
    return observable;
  };
  const meter = {
    createObservableCounter: create,
    createObservableUpDownCounter: create,
    createObservableGauge: create,
    addBatchObservableCallback: (callback: BatchObservableCallback, observables: Observable[]) =>
      void callbacks.set(callback, observables),
    removeBatchObservableCallback: (callback: BatchObservableCallback) =>
      void callbacks.delete(callback),
  };
  const collect = async () => {
    const found: Record<string, number> = {};
    for (const [callback, observables] of callbacks) {
      await callback({
        observe: (observable: Observable, value: number, attributes: Attributes = {}) => {
          expect(observables).toContain(observable);
          found[[names.get(observable), ...Object.values(attributes)].join(" ")] = value;
        },
      });
    }
    return found;
  };
  return { meter, collect };
}

test("what a cache counts is reported by class and outcome when it is collected", async () => {
  const statistics = new CacheStatistics();
  const cache = new TieredCache({ onEvent: statistics.record });
  const { meter, collect } = collector();
  const observed = observeCache(statistics, meter);
  expect(await collect()).toEqual({});
  const key = cacheKey({ scope: "", prefix: "llm", parts: [1] });
  const options = { ttl: 60_000, savings: () => ({ tokens: 5, cost: 0.25 }) };
  for (let i = 0; i < 4; i++) await cache.getOrSet(key, async () => "x", options);
  statistics.adjust("llm", { spentCost: 0.5 });
  expect(await collect()).toMatchObject({
    "palimpsest.cache.requests llm hit": 3,
    "palimpsest.cache.requests llm miss": 1,
    "palimpsest.cache.requests llm stale": 0,
    "palimpsest.cache.hit_rate llm": 0.75,
    "palimpsest.cache.errors llm": 0,
    "palimpsest.cache.saved_tokens llm": 15,
    "palimpsest.cache.saved_cost llm": 0.25,
    "palimpsest.cache.fill_duration llm 0.95": expect.any(Number),
  });
  observed[Symbol.dispose]();
  expect(await collect()).toEqual({});
});

test("without an SDK nothing happens", () => {
  expect(() => observeCache(new CacheStatistics())[Symbol.dispose]()).not.toThrow();
});
