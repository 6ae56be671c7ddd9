import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Fill } from "../cache.ts";
import { cacheKey } from "../cache-key.ts";
import { gate } from "../fixtures/gate.ts";
import { TieredCache } from "../tiered-cache.ts";
import { CacheWarmer, type WarmEntry } from "./cache-warmer.ts";

beforeEach(() => void vi.useFakeTimers({ now: new Date("2030-01-07T05:59:00Z") }));
afterEach(() => void vi.useRealTimers());

const schedule = "0 6 * * *";
const failing = () => Promise.reject(new Error("down"));

function entryOf(name: string, fill: Fill<unknown>): WarmEntry {
  const key = cacheKey({ scope: "", prefix: "warm", parts: [name] });
  return { key, fill, options: { ttl: 60_000 } };
}

const allFailing = () => ["a", "b"].map((name) => entryOf(name, failing));
const allFine = () => ["a", "b"].map((name) => entryOf(name, async () => name));

async function* hanging(): AsyncGenerator<WarmEntry> {
  yield entryOf("b", async () => 1);
  await new Promise(() => undefined);
}

test("entries that hang or fail end their run, whose fills are waited for, and the next one is tried", async () => {
  const { opened, open } = gate();
  const cache = new TieredCache();
  async function* breaking() {
    yield entryOf("a", async () => opened);
    throw new Error("no more");
  }
  const plans = {
    failing: { schedule, entries: breaking },
    hanging: { schedule, entries: hanging, maxDuration: 1_000 },
    never: { schedule, entries: () => new Promise<never>(() => undefined), maxDuration: 1_000 },
  };
  using warmer = new CacheWarmer({ cache, plans });
  const run = warmer.run("failing");
  await vi.advanceTimersByTimeAsync(1);
  expect(await warmer.run("failing")).toBe(false);
  open();
  expect(await run).toBe(true);
  for (const name of ["hanging", "never"] as const) {
    const cut = warmer.run(name);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await cut).toBe(true);
  }
  expect(warmer.counts()).toMatchObject({
    failing: { runs: 1, overlapped: 1, filled: 1, failed: 1 },
    hanging: { runs: 1, cutShort: 1, filled: 1, failed: 0 },
    never: { runs: 1, cutShort: 1, filled: 0, failed: 0 },
  });
});

test("a source of which no more is wanted is closed", async () => {
  let isClosed = false;
  async function* endless() {
    try {
      for (let i = 0; ; i++) yield entryOf(`${i}`, async () => i);
    } finally {
      isClosed = true;
    }
  }
  const plan = { schedule, entries: endless, maxFills: 2 };
  using warmer = new CacheWarmer({ cache: new TieredCache(), plans: { morning: plan } });
  await warmer.run("morning");
  expect(warmer.counts()).toMatchObject({ morning: { filled: 2, cutShort: 1 } });
  expect(isClosed).toBe(true);
});

test("without a limit in time a run is not cut short", async () => {
  const plan = { schedule, entries: allFine, maxDuration: Number.POSITIVE_INFINITY };
  using warmer = new CacheWarmer({ cache: new TieredCache(), plans: { morning: plan } });
  await warmer.run("morning");
  expect(warmer.counts()).toMatchObject({ morning: { filled: 2, cutShort: 0 } });
});

test("a listener that throws ends neither the run nor the process", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  using warmer = new CacheWarmer({
    cache: new TieredCache(),
    plans: { morning: { schedule, timezone: "UTC", entries: allFailing } },
    onError: () => {
      throw new Error("pager away");
    },
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(warmer.counts()).toMatchObject({ morning: { runs: 1, failed: 2 } });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("pager away"));
  warn.mockRestore();
});
