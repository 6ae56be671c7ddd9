import { PalimpsestError } from "@palimpsest/core";
import { describe, expect, test, vi } from "vitest";
import { cacheKey } from "../cache-key.ts";
import { TieredCache } from "../tiered-cache.ts";
import { batched } from "../wrap/batched.ts";
import { cached } from "../wrap/cached.ts";
import { semantic } from "../fixtures/semantic-world.ts";
import { CacheWarmer } from "./cache-warmer.ts";
import { readOptimizationFlags } from "./optimization-config.ts";
import { type EmergencyReport, OptimizationFlags } from "./optimization-flags.ts";

/** A flag service with two flags, and what it was asked. */
function service(inRollout: readonly string[] = []) {
  const state = { killed: false };
  const asked: [string, string | undefined][] = [];
  const client = {
    getBooleanValue: async (
      flag: string,
      byDefault: boolean,
      context?: { targetingKey?: string },
    ): Promise<boolean> => {
      asked.push([flag, context?.targetingKey]);
      if (flag === "kill-switch") return state.killed;
      if (flag === "llm-cache") return inRollout.includes(context?.targetingKey ?? "");
      return byDefault;
    },
  };
  return { client, asked, state };
}

const failingPager = () => Promise.reject(new Error("pager away"));
const key = cacheKey({ scope: "", prefix: "x", parts: [1] });

describe("whether the cache is on", () => {
  test("without a client for all or for nobody", () => {
    expect(new OptimizationFlags().isCacheOn("ana")).toBe(true);
    expect(new OptimizationFlags({ cachePercentage: 0 }).isCacheOn("ana")).toBe(false);
    expect(new OptimizationFlags({ enableCache: false }).isCacheOn("ana")).toBe(false);
  });

  test("by the client's flag, asked with the targeting key", async () => {
    const { client, asked } = service(["ana"]);
    const flags = new OptimizationFlags({ client, cachePercentage: 10 });
    expect(await flags.isCacheOn("ana")).toBe(true);
    expect(await flags.isCacheOn("ben")).toBe(false);
    expect(asked).toContainEqual(["llm-cache", "ana"]);
    for (const off of [{ enableCache: false }, { cachePercentage: 0 }]) {
      expect(await new OptimizationFlags({ client, ...off }).isCacheOn("ana")).toBe(false);
    }
  });

  test("in an application of one tenant too: a provider of percentages refuses the empty key", async () => {
    const { client, asked } = service(["application"]);
    expect(await new OptimizationFlags({ client }).isCacheOn("")).toBe(true);
    expect(asked).toContainEqual(["llm-cache", "application"]);
  });

  test("or off, as a configuration that says nothing has it: then no client is needed", async () => {
    const flags = new OptimizationFlags(readOptimizationFlags({}));
    expect([flags.isCacheOn("ana"), flags.isBatchingOn(), await flags.isWarmingOn()]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test.each([{ cachePercentage: 10 }, { cachePercentage: 101 }, { cachePercentage: Number.NaN }])(
    "%o without a client is refused: nothing would make it sticky",
    (options) => {
      expect(() => new OptimizationFlags(options)).toThrow(
        expect.objectContaining({ code: "E_CONFIG" }),
      );
    },
  );
});

describe("an emergency", () => {
  test("turns caching and batching off and clears the caches, until it is over", async () => {
    const cache = new TieredCache();
    const reports: EmergencyReport[] = [];
    const flags = new OptimizationFlags({
      caches: [cache],
      onEmergency: (report) => void reports.push(report),
    });
    let calls = 0;
    const ask = cached(async () => ++calls, { cache, prefix: "x", scope: "", ttl: 60_000, flags });
    const sizes: number[] = [];
    const count = batched<number, number>(
      async (items) => {
        sizes.push(items.length);
        return items;
      },
      { maxSize: 2, isEnabled: flags.isBatchingOn },
    );
    await ask();
    await cache.set(key, "old", { ttl: 60_000 });
    const report = await flags.emergencyStop("wrong answers");
    expect(report).toEqual({ reason: "wrong answers", cleared: 1, errors: [] });
    expect(reports).toEqual([report]);
    expect(flags.isStopped).toBe(true);
    expect([await ask(), await ask()]).toEqual([2, 3]);
    await Promise.all([count(1), count(2)]);
    expect(await cache.get(key)).toBeUndefined();
    flags.resume();
    expect([await ask(), await ask()]).toEqual([4, 4]);
    await Promise.all([count(1), count(2)]);
    expect(sizes).toEqual([1, 1, 2]);
  });

  test("stops semantic answers and warming as well, and forgets the questions", async () => {
    const flags: OptimizationFlags = new OptimizationFlags({
      caches: [{ clear: () => answers.clear() }],
    });
    const { answers, ask, asked, cache } = semantic({ flags });
    const entries = ["a", "b"].map((name) => ({
      key: cacheKey({ scope: "", prefix: "warm", parts: [name] }),
      fill: async () => {
        asked.push(name);
        await flags.emergencyStop("wrong answers");
      },
      options: { ttl: 60_000 },
    }));
    const plan = { schedule: "0 6 * * *", concurrency: 1, entries: () => entries };
    using warmer = new CacheWarmer({
      cache,
      plans: { morning: plan },
      isEnabled: flags.isWarmingOn,
    });
    await ask("tea");
    expect(answers.stats.entries).toBe(1);
    expect(await warmer.run("morning")).toBe(true);
    expect(await warmer.run("morning")).toBe(false);
    expect(warmer.counts()).toMatchObject({ morning: { runs: 1, cutShort: 1, skipped: 1 } });
    expect(answers.stats.entries).toBe(0);
    await ask("tea");
    await ask("tea");
    expect(asked).toEqual(["tea", "a", "tea", "tea"]);
  });

  test("by the kill switch reaches who only batches or warms", async () => {
    const { client, state, asked } = service();
    const flags = new OptimizationFlags({ client });
    expect(await flags.isWarmingOn()).toBe(true);
    state.killed = true;
    expect(await flags.isWarmingOn()).toBe(false);
    state.killed = false;
    const before = asked.length;
    expect([flags.isBatchingOn(), flags.isBatchingOn()]).toEqual([false, false]);
    expect(asked.length - before).toBe(1);
    await vi.waitFor(() => expect(flags.isBatchingOn()).toBe(true), 30_000);
    state.killed = true;
    await vi.waitFor(() => expect(flags.isBatchingOn()).toBe(false), 30_000);
    expect(asked.filter(([flag]) => flag !== "kill-switch")).toEqual([]);
  });

  test("stays off when a cache cannot be cleared, and says which error", async () => {
    const error = new PalimpsestError("E_UNAVAILABLE", "the store is away");
    const good = new TieredCache();
    await good.set(key, "old", { ttl: 60_000 });
    const flags = new OptimizationFlags({ caches: [{ clear: () => Promise.reject(error) }, good] });
    expect(await flags.emergencyStop("x")).toEqual({ reason: "x", cleared: 1, errors: [error] });
    expect(flags.isCacheOn("ana")).toBe(false);
    expect(await good.get(key)).toBeUndefined();
  });

  test("by the kill switch of the service: cleared once, and back when it is turned off", async () => {
    const { client, state } = service(["ana"]);
    const clear = vi.fn(async () => undefined);
    const reports: EmergencyReport[] = [];
    const flags = new OptimizationFlags({
      client,
      caches: [{ clear }],
      onEmergency: (report) => void reports.push(report),
    });
    expect([await flags.isCacheOn("ana"), flags.isBatchingOn()]).toEqual([true, true]);
    state.killed = true;
    const answers = await Promise.all(Array.from({ length: 5 }, () => flags.isCacheOn("ana")));
    expect(answers).not.toContain(true);
    expect([flags.isBatchingOn(), flags.isStopped]).toEqual([false, true]);
    expect(clear).toHaveBeenCalledTimes(1);
    expect(reports).toMatchObject([{ reason: 'the flag "kill-switch" is on', cleared: 1 }]);
    state.killed = false;
    expect([await flags.isCacheOn("ana"), flags.isBatchingOn()]).toEqual([true, true]);
    state.killed = true;
    await flags.isCacheOn("ana");
    expect(clear).toHaveBeenCalledTimes(2);
  });

  test("a listener that fails is told by `emergencyStop`, and costs no caller of the flags its answer", async () => {
    const { client, state } = service();
    const flags = new OptimizationFlags({ client, onEmergency: failingPager });
    await expect(flags.emergencyStop("x")).rejects.toThrow("pager away");
    expect(flags.isStopped).toBe(true);
    flags.resume();
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    state.killed = true;
    expect(await flags.isCacheOn("ana")).toBe(false);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("pager away"));
    warn.mockRestore();
  });
});
