import { TestClock } from "@palimpsest/core/testing";
import { expect, test } from "vitest";
import type { CacheEvent } from "../cache-event.ts";
import { cacheKey } from "../cache-key.ts";
import { Unstored } from "../unstored.ts";
import { CacheStatistics, storeClass } from "./cache-statistics.ts";
import { summarise, totalOf } from "./summary.ts";

const key = cacheKey({ scope: "", prefix: "llm", parts: [1] });
const entry = { key, class: "llm" };
const savings = { tokens: 100, cost: 0.25 };

function counted(events: readonly CacheEvent[]) {
  const statistics = new CacheStatistics({ clock: new TestClock(5) });
  for (const event of events) statistics.record(event);
  return statistics;
}

const hit = (state: "fresh" | "stale" | "stale-if-error", milliseconds = 0): CacheEvent => ({
  ...entry,
  type: "hit",
  tier: "memory",
  state,
  bytes: 10,
  milliseconds,
  savings,
});
const miss: CacheEvent = { ...entry, type: "miss" };
const fill = (milliseconds: number, background = false, changed?: boolean): CacheEvent => ({
  ...entry,
  type: "fill",
  background,
  milliseconds,
  bytes: 1_000,
  changed,
});
const failure = (error: unknown): CacheEvent => ({
  ...entry,
  type: "fill-error",
  background: false,
  milliseconds: 8,
  error,
});

test("counts every event into its class", () => {
  const statistics = counted([
    miss,
    { ...entry, type: "join" },
    fill(400),
    hit("fresh"),
    hit("stale", 2),
    fill(600, true, true),
    fill(600, true, false),
    miss,
    failure(new Error("down")),
    hit("stale-if-error"),
    { ...entry, type: "negative-hit" },
    { type: "store-error", operation: "read", reason: "timeout", error: new Error("late") },
    { type: "store-state", state: "open" },
    { type: "invalidate", origin: "here", what: "tags" },
  ]);
  const { at, classes } = statistics.snapshot();
  expect(at).toBe(5);
  expect(Object.keys(classes)).toEqual(["llm", storeClass]);
  expect(classes["llm"]).toMatchObject({
    hits: 1,
    staleHits: 2,
    joins: 1,
    misses: 2,
    fills: 1,
    backgroundFills: 2,
    errors: 1,
    negativeHits: 1,
    bytes: 3_000,
    changed: 1,
    unchanged: 1,
    savedTokens: 300,
    savedCost: 0.75,
  });
  expect(classes[storeClass]).toMatchObject({ errors: 1, hits: 0 });
});

test("says what the counts mean, net of what the cache itself cost", () => {
  const statistics = counted([
    miss,
    fill(400),
    ...Array.from({ length: 8 }, () => hit("fresh", 1)),
    { ...entry, type: "join" },
  ]);
  statistics.adjust("llm", { spentTokens: 30, spentCost: 0.5 });
  expect(summarise(totalOf(statistics.snapshot()))).toMatchObject({
    requests: 10,
    hits: 8,
    misses: 1,
    errors: 0,
    hitRate: 0.9,
    callsSaved: 9,
    tokensSaved: 770,
    costSaved: 2,
    costSpent: 0.5,
    netSaved: 1.5,
    timeSaved: 8 * 400 - 8,
  });
});

test("a value that is not cached was no error, one from a near question a hit and no miss", () => {
  const statistics = counted([
    miss,
    failure(new Unstored("filtered")),
    miss,
    hit("fresh"),
    failure(new Unstored("near", { isNear: true })),
  ]);
  expect(statistics.snapshot().classes["llm"]).toMatchObject({
    misses: 1,
    fills: 1,
    unstored: 1,
    hits: 0,
    nearHits: 1,
    errors: 0,
    savedCost: 0.25,
  });
});

test("nothing counted is no division by zero", () => {
  expect(summarise(totalOf(new CacheStatistics().snapshot()))).toMatchObject({
    requests: 0,
    hitRate: 0,
    timeSaved: 0,
    hitLatency: { p50: null },
  });
});

test("the number of classes is bounded; what comes later is counted together", () => {
  const statistics = new CacheStatistics({ maxClasses: 2 });
  for (const name of ["a", "b", "c", "d", "a"]) statistics.record({ ...miss, class: name });
  const { classes } = statistics.snapshot();
  expect(Object.entries(classes).map(([name, { misses }]) => [name, misses])).toEqual([
    ["a", 2],
    ["b", 1],
    ["(other)", 2],
  ]);
});

test("a snapshot is not changed by what is counted later, and survives JSON", () => {
  const statistics = counted([hit("fresh")]);
  const snapshot = statistics.snapshot();
  const before = structuredClone(snapshot);
  statistics.record(hit("fresh"));
  expect(snapshot).toEqual(before);
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
});
