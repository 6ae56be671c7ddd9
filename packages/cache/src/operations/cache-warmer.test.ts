import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cache, FillContext } from "../cache.ts";
import { cacheKey } from "../cache-key.ts";
import { gate } from "../fixtures/gate.ts";
import { TieredCache } from "../tiered-cache.ts";
import { CacheWarmer, type WarmEntry, type WarmingPlan } from "./cache-warmer.ts";

const morning = new Date("2030-01-07T05:59:00Z");

beforeEach(() => void vi.useFakeTimers({ now: morning }));
afterEach(() => void vi.useRealTimers());

const keyOf = (name: string) => cacheKey({ scope: "", prefix: "warm", parts: [name] });

/** A cache, and entries that count their fills. */
function setup(names: readonly string[], plan: Partial<WarmingPlan> = {}) {
  const cache = new TieredCache();
  const filled: string[] = [];
  const contexts: FillContext[] = [];
  const entryOf = (name: string): WarmEntry => ({
    key: keyOf(name),
    options: { ttl: 3_600_000, jitter: 0 },
    fill: async (context) => {
      filled.push(name);
      contexts.push(context);
      if (name.startsWith("bad")) throw new Error(`no ${name}`);
      return `value of ${name}`;
    },
  });
  const errors: string[] = [];
  const warmer = new CacheWarmer({
    cache,
    plans: {
      morning: {
        schedule: "0 6 * * *",
        timezone: "UTC",
        entries: () => names.map(entryOf),
        ...plan,
      },
    },
    onError: (error, name) =>
      errors.push(`${name}: ${error instanceof Error ? error.message : ""}`),
  });
  const counts = () => warmer.counts()["morning"];
  return { cache, filled, contexts, errors, warmer, counts };
}

describe("a run", () => {
  test("comes by its schedule, fills what is missing in the background, and keeps no process alive", async () => {
    const { cache, filled, contexts, warmer, counts } = setup(["a", "b"]);
    expect(warmer.nextRun("morning")).toBe(Date.parse("2030-01-07T06:00:00Z"));
    await vi.advanceTimersByTimeAsync(61_000);
    expect(filled).toEqual(["a", "b"]);
    expect(contexts.map(({ background }) => background)).toEqual([true, true]);
    expect(await cache.get(keyOf("a"))).toBe("value of a");
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(counts()).toMatchObject({ runs: 2, filled: 4 });
    warmer[Symbol.dispose]();
    expect(warmer.nextRun("morning")).toBeUndefined();
    await vi.advanceTimersByTimeAsync(48 * 3_600_000);
    expect(counts()).toMatchObject({ runs: 2 });
  });

  test("pays for nothing that is there, unless it is to be refreshed", async () => {
    const { cache, filled, warmer, counts } = setup(["a", "b"]);
    await cache.set(keyOf("a"), "early", { ttl: 60_000 });
    await warmer.run("morning");
    expect(filled).toEqual(["b"]);
    expect(counts()).toMatchObject({ filled: 1, present: 1 });
    const refreshing = setup(["a"], { refresh: true });
    await refreshing.cache.set(keyOf("a"), "early", { ttl: 60_000 });
    await refreshing.warmer.run("morning");
    expect(await refreshing.cache.get(keyOf("a"))).toBe("value of a");
    expect(refreshing.counts()).toMatchObject({ filled: 1, present: 0 });
  });

  test("shares a fill with callers who ask at the same time", async () => {
    const { opened, open } = gate();
    let fills = 0;
    const entry: WarmEntry = {
      key: keyOf("a"),
      options: { ttl: 60_000 },
      fill: async () => {
        fills += 1;
        await opened;
        return "value";
      },
    };
    const { cache, warmer } = setup([], { entries: () => [entry] });
    const run = warmer.run("morning");
    await vi.advanceTimersByTimeAsync(0);
    const caller = cache.getOrSet(entry.key, entry.fill, entry.options);
    open();
    expect(await caller).toBe("value");
    await run;
    expect(fills).toBe(1);
  });

  test("counts errors and goes on", async () => {
    const { filled, errors, warmer, counts } = setup(["bad 1", "a", "bad 2", "b"]);
    await warmer.run("morning");
    expect(filled).toHaveLength(4);
    expect(counts()).toMatchObject({ filled: 2, failed: 2 });
    expect(errors.toSorted()).toEqual(["morning: no bad 1", "morning: no bad 2"]);
  });

  test("counts a list of entries that cannot be made, and the next run is tried", async () => {
    let isDown = true;
    const { warmer, counts, errors } = setup([], {
      entries: () => {
        if (isDown) throw new Error("no list");
        return [];
      },
    });
    expect(await warmer.run("morning")).toBe(true);
    isDown = false;
    await warmer.run("morning");
    expect(counts()).toMatchObject({ runs: 2, failed: 1 });
    expect(errors).toEqual(["morning: no list"]);
  });

  test("takes its entries as they come", async () => {
    const names = ["a", "b", "c"];
    const { warmer, counts } = setup([], {
      entries: async function* () {
        for (const name of names)
          yield { key: keyOf(name), options: { ttl: 60_000 }, fill: async () => name };
      },
    });
    await warmer.run("morning");
    expect(counts()).toMatchObject({ filled: 3 });
  });
});

describe("budgets", () => {
  test.each([1, 2, 5])("no more than maxFills are paid for, %i at a time", async (concurrency) => {
    const names = Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? `bad ${i}` : `${i}`));
    const { filled, warmer, counts } = setup(names, { maxFills: 7, concurrency });
    await warmer.run("morning");
    expect(filled).toHaveLength(7);
    expect(counts()).toMatchObject({ cutShort: 1 });
  });

  test("no more than `concurrency` fills run at a time", async () => {
    let running = 0;
    let most = 0;
    const entries = Array.from({ length: 12 }, (_, i): WarmEntry => ({
      key: keyOf(`${i}`),
      options: { ttl: 60_000 },
      fill: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        return i;
      },
    }));
    const { warmer, counts } = setup([], { entries: () => entries, concurrency: 3 });
    const run = warmer.run("morning");
    await vi.advanceTimersByTimeAsync(1_000);
    await run;
    expect(counts()).toMatchObject({ filled: 12 });
    expect(most).toBe(3);
  });

  test("a run that takes too long is aborted, and overlapping ones are not begun", async () => {
    const signals: AbortSignal[] = [];
    const entry: WarmEntry = {
      key: keyOf("slow"),
      options: { ttl: 60_000 },
      fill: ({ signal }) => {
        signals.push(signal);
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
    };
    const { warmer, counts, errors } = setup([], {
      schedule: "* * * * *",
      entries: () => [entry, entry],
      concurrency: 1,
      maxDuration: 150_000,
    });
    await vi.advanceTimersByTimeAsync(140_000);
    expect(counts()).toMatchObject({ runs: 1, overlapped: 1 });
    await vi.advanceTimersByTimeAsync(75_000);
    expect(signals[0]?.aborted).toBe(true);
    expect(counts()).toMatchObject({ cutShort: 1, failed: 0 });
    expect(errors).toEqual([]);
    warmer[Symbol.dispose]();
  });
});

describe("what cannot be done", () => {
  test.each<[string, Partial<WarmingPlan>]>([
    ["a schedule that is none", { schedule: "soon" }],
    ["a timezone that is none", { timezone: "Mars/Base" }],
    ["a budget of nothing", { maxFills: 0 }],
    ["no concurrency", { concurrency: 0 }],
  ])("%s is refused with the plan's name", (_, plan) => {
    expect(() => setup([], plan)).toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringContaining('"morning"'),
      }),
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a bad plan beside good ones: then none of them is scheduled", () => {
    const good = { schedule: "0 6 * * *", entries: () => [] };
    const plans = { good, bad: { ...good, schedule: "soon" } };
    expect(() => new CacheWarmer({ cache: new TieredCache(), plans })).toThrow('"bad"');
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an unknown plan, and a run after the end", async () => {
    const { warmer } = setup([]);
    await expect(warmer.run("evening")).rejects.toMatchObject({ code: "E_NOT_FOUND" });
    warmer[Symbol.dispose]();
    expect(await warmer.run("morning")).toBe(false);
  });
});

test("a process with nothing else to do ends, whatever is scheduled", async () => {
  vi.useRealTimers();
  const warmer = JSON.stringify(join(import.meta.dirname, "cache-warmer.ts"));
  const script = `import { CacheWarmer } from ${warmer};
    const now = Date.now();
    const plans = { hourly: { schedule: "0 * * * *", entries: () => [] } };
    const warmer = new CacheWarmer({ cache: {}, plans });
    console.log(warmer.nextRun("hourly") > now);`;
  const flags = ["--conditions=@palimpsest/source", "--input-type=module", "-e", script];
  // Only a process that does not end by itself reaches this.
  const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 240_000 });
  expect(stdout).toBe("true\n");
});

test("a cache that fails is an error of its entry", async () => {
  const cache: Pick<Cache, "getOrSet"> = { getOrSet: () => Promise.reject(new Error("closed")) };
  const plan = {
    schedule: "0 6 * * *",
    entries: () => [{ key: keyOf("a"), fill: async () => 1, options: { ttl: 1 } }],
  };
  const warmer = new CacheWarmer({ cache, plans: { morning: plan } });
  await warmer.run("morning");
  expect(warmer.counts()).toMatchObject({ morning: { failed: 1, filled: 0 } });
});
