import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TieredCache } from "@palimpsest/cache";
import { LRUCache } from "lru-cache";
import { interleave, median } from "../report.ts";
import { bentocache, cacheable, cacheManager, dedupe, keyOf, ttl } from "./libraries.ts";

const keyCount = 1_000;
const rounds = 15;
/** So few operations that no collection falls into a round, and each round begins after one. */
const allocationOps = 1_000;

/** A loop over hits: at its first call it also fills. */
interface Loop {
  readonly run: (operations: number) => Promise<void>;
  /** Operations per round: dear ones are repeated less. */
  readonly operations: number;
  readonly close?: () => Promise<void>;
}

export interface HitCost {
  readonly nanoseconds: number;
  readonly bytes: number;
}

/** What a hit in memory costs: 1,000 keys, an object of 1 KB, a ttl. Keys are ready before. */
export async function hitCost(): Promise<Record<string, HitCost>> {
  const loops: Record<string, Loop> = {
    plain: plainLoop(),
    palimpsest: ourLoop([]),
    palimpsestTagged: ourLoop(["user:1", "model:1"]),
    lruCacheFetch: fetchLoop(),
    bentocache: await bentocacheLoop(),
    bentocacheTagged: await bentocacheLoop(["user:1", "model:1"]),
    cacheable: await cacheableLoop(),
    cacheManager: await cacheManagerLoop(),
    asyncCacheDedupe: await dedupeLoop(),
  };
  // Optimised code is what is compared.
  for (const { run, operations } of Object.values(loops)) await run(operations);
  const times = await interleave(
    rounds,
    mapValues(
      loops,
      ({ run, operations }) =>
        () =>
          run(operations),
    ),
  );
  const bytes = await allocations(loops);
  for (const { close } of Object.values(loops)) await close?.();
  return mapValues(loops, ({ operations }, name) => ({
    nanoseconds: round((median(times[name]!) / operations) * 1e6),
    bytes: Math.round(bytes[name]!),
  }));
}

/** Bytes per operation, by how far the heap grows between two collections. */
async function allocations(loops: Readonly<Record<string, Loop>>): Promise<Record<string, number>> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const grown = mapValues(loops, (): number[] => []);
  for (let i = 0; i < rounds; i++) {
    for (const [name, { run }] of Object.entries(loops)) {
      collect();
      const before = process.memoryUsage().heapUsed;
      await run(allocationOps);
      grown[name]!.push((process.memoryUsage().heapUsed - before) / allocationOps);
    }
  }
  return mapValues(grown, (values) => median(values));
}

const names = Array.from({ length: keyCount }, (_, i) => `question ${i}`);
const value = { id: 1, text: "x".repeat(1_000), usage: { input: 10, output: 20 } };
const fill = async (): Promise<unknown> => value;

function plainLoop(): Loop {
  const map = new Map(names.map((name) => [name, value]));
  const get = async (name: string): Promise<unknown> => map.get(name);
  return {
    operations: 100_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) await get(names[i % keyCount]!);
    },
  };
}

/** With a listener, as statistics need one. */
function ourLoop(tags: readonly string[]): Loop {
  let hits = 0;
  const cache = new TieredCache({ onEvent: ({ type }) => type === "hit" && hits++ });
  const keys = names.map((name) => keyOf(name));
  const options = tags.length === 0 ? { ttl } : { ttl, tags };
  return {
    operations: 100_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) await cache.getOrSet(keys[i % keyCount]!, fill, options);
    },
    close: () => cache.close(),
  };
}

function fetchLoop(): Loop {
  const cache = new LRUCache<string, object>({
    max: 10_000,
    ttl,
    maxSize: 64 * 2 ** 20,
    sizeCalculation: () => 1_100,
    fetchMethod: async () => value,
  });
  return {
    operations: 100_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) await cache.fetch(names[i % keyCount]!);
    },
  };
}

async function bentocacheLoop(tags?: readonly string[]): Promise<Loop> {
  const cache = await bentocache();
  const more = tags === undefined ? {} : { tags };
  return {
    operations: 5_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) {
        await cache.getOrSet({ key: names[i % keyCount]!, ttl, factory: fill, ...more });
      }
    },
    close: () => cache.disconnectAll(),
  };
}

async function cacheableLoop(): Promise<Loop> {
  const cache = await cacheable();
  return {
    operations: 3_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) {
        await cache.getOrSet(names[i % keyCount]!, fill, { ttl });
      }
    },
    close: () => cache.disconnect(),
  };
}

async function cacheManagerLoop(): Promise<Loop> {
  const cache = await cacheManager();
  return {
    operations: 10_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) await cache.wrap(names[i % keyCount]!, fill, ttl);
    },
    close: async () => void (await cache.disconnect()),
  };
}

async function dedupeLoop(): Promise<Loop> {
  const cache = await dedupe(fill);
  return {
    operations: 20_000,
    run: async (operations) => {
      for (let i = 0; i < operations; i++) await cache.fetch(names[i % keyCount]!);
    },
  };
}

function round(figure: number): number {
  return Math.round(figure * 10) / 10;
}

export function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([name, each]) => [name, map(each, name)]));
}
