import { OpenFeature } from "@openfeature/server-sdk";
import {
  batched,
  cached,
  cacheKey,
  CacheStatistics,
  CacheWarmer,
  OptimizationFlags,
  readCacheConfig,
  readOptimizationFlags,
  reportSavings,
  summarise,
  TieredCache,
  totalOf,
  TtlTuner,
} from "@palimpsest/cache";
import { PercentageProvider } from "@palimpsest/rollout";
import { afterEach, describe, expect, test } from "vitest";

/** What the older optimization guide promised, phase by phase, kept by the packages that replace it. */

afterEach(() => OpenFeature.clearProviders());

const CACHE_CONFIG = { DEFAULT_TTL: 300, MAX_MEMORY_MB: 100, EVICTION_POLICY: "lru" };

const savings = () => ({ tokens: 800, cost: 0.002 });
const keyOf = (topic: string) => cacheKey({ scope: "app", prefix: "analyze", parts: [topic] });

function setUp() {
  const { ttl, memory } = readCacheConfig(CACHE_CONFIG);
  const statistics = new CacheStatistics();
  const cache = new TieredCache({ memory, onEvent: statistics.record });
  const calls: string[] = [];
  const analyze = async (text: string): Promise<string> => {
    calls.push(text);
    return `analysis of ${text}`;
  };
  const options = { cache, prefix: "analyze", scope: "app", ttl, savings };
  return { cache, statistics, calls, analyze, options, cachedAnalyze: cached(analyze, options) };
}

/** A client whose provider turns the cache on for a share of all users. */
async function rollout(percentage: number) {
  const provider = new PercentageProvider({
    flags: { "llm-cache": { percentage, on: true, off: false } },
  });
  await OpenFeature.setProviderAndWait(provider);
  return { provider, client: OpenFeature.getClient() };
}

const users = Array.from({ length: 300 }, (_, i) => `user-${i}`);

async function usersWith(flags: OptimizationFlags): Promise<Set<string>> {
  const on = await Promise.all(users.map((user) => flags.isCacheOn(user)));
  return new Set(users.filter((_, i) => on[i]));
}

describe("phase 1: assessment", () => {
  test("what a cache saves a day is measured on a sample of calls instead of assumed", async () => {
    const { cachedAnalyze, statistics } = setUp();
    for (let i = 0; i < 200; i++) await cachedAnalyze(`query ${i % 40}`);
    const { requests, callsSaved, costSaved, hitRate } = summarise(totalOf(statistics.snapshot()));
    const callsPerDay = 10_000;
    const perDay = (amount: number) => (amount / requests) * callsPerDay;
    expect(hitRate).toBe(0.8);
    expect(perDay(callsSaved)).toBe(8_000);
    expect(perDay(costSaved)).toBeCloseTo(16, 9);
  });
});

describe("phase 2: implementation", () => {
  test("a cached call replaces an API call where it is made", async () => {
    const { cachedAnalyze, analyze, calls } = setUp();
    expect(await cachedAnalyze("tea")).toBe(await analyze("tea"));
    await cachedAnalyze("tea");
    expect(calls).toEqual(["tea", "tea"]);
  });

  test("a loop over single items becomes batches of ten, in order", async () => {
    const sizes: number[] = [];
    const process = batched(
      async (ids: readonly number[]) => {
        sizes.push(ids.length);
        return ids.map((id) => `user ${id}`);
      },
      { maxSize: 10 },
    );
    const ids = Array.from({ length: 100 }, (_, i) => i);
    expect(await Promise.all(ids.map((id) => process(id)))).toEqual(ids.map((id) => `user ${id}`));
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 10));
  });

  test("decorators cache methods, each for its own time", async () => {
    const { cache } = setUp();
    class Reports {
      static made = 0;

      @cached({ cache, prefix: "report", scope: "app", ttl: 3_600_000 })
      async generate(params: { readonly month: number }): Promise<string> {
        Reports.made += 1;
        return `report ${params.month}`;
      }
    }
    const reports = new Reports();
    expect(await reports.generate({ month: 5 })).toBe(await reports.generate({ month: 5 }));
    await reports.generate({ month: 6 });
    expect(Reports.made).toBe(2);
  });
});

describe("phase 3: testing", () => {
  test("50 users with 10 requests each cause one call", async () => {
    const { cachedAnalyze, calls } = setUp();
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let i = 0; i < 10; i++) await cachedAnalyze("the same");
      }),
    );
    expect(calls).toHaveLength(1);
  });

  test("1,000 queries of which 5 are different: the rates of the guide", async () => {
    const { cachedAnalyze, calls, statistics } = setUp();
    for (let i = 0; i < 1_000; i++) await cachedAnalyze(`query${i % 5}`);
    const { hitRate, callsSaved, errors } = summarise(totalOf(statistics.snapshot()));
    expect({ hitRate, callsSaved, errors }).toEqual({ hitRate: 0.995, callsSaved: 995, errors: 0 });
    expect(calls).toHaveLength(5);
  });
});

describe("phase 4: deployment", () => {
  test("OPTIMIZATION_FLAGS enable for a percentage that is the same users at every call", async () => {
    const env = { ENABLE_CACHE: "true", ENABLE_BATCHING: "true", CACHE_PERCENTAGE: "10" };
    const config = readOptimizationFlags(env);
    const { provider, client } = await rollout(config.cachePercentage);
    const flags = new OptimizationFlags({ ...config, client });
    const early = await usersWith(flags);
    expect(early.size).toBeGreaterThan(10);
    expect(early.size).toBeLessThan(60);
    expect(await usersWith(flags)).toEqual(early);
    provider.setPercentage("llm-cache", 50);
    const later = await usersWith(flags);
    expect([...early].every((user) => later.has(user))).toBe(true);
    expect(later.size).toBeGreaterThan(100);
    expect(
      await usersWith(new OptimizationFlags({ ...readOptimizationFlags({}), client })),
    ).toEqual(new Set());
  });

  test("users outside of the percentage are answered by the model, those inside share the cache", async () => {
    const { analyze, options, calls } = setUp();
    const { client } = await rollout(50);
    const flags = new OptimizationFlags({ client });
    const inside = await usersWith(flags);
    const ask = cached(async (_user: string, text: string) => analyze(text), {
      ...options,
      flags,
      key: (_, text) => text,
      targetingKey: (user) => user,
    });
    for (const user of users) expect(await ask(user, "tea")).toBe("analysis of tea");
    expect(calls).toHaveLength(users.length - inside.size + 1);
  });

  test("the emergency switch turns everything off, clears the caches and tells the team", async () => {
    const { cache, analyze, options, calls } = setUp();
    const { provider, client } = await rollout(100);
    const alerts: string[] = [];
    const flags = new OptimizationFlags({
      client,
      caches: [cache],
      onEmergency: ({ reason }) => void alerts.push(reason),
    });
    const ask = cached(analyze, { ...options, flags });
    await ask("tea");
    await flags.emergencyStop("answers are wrong");
    expect([await ask("tea"), flags.isBatchingOn()]).toEqual(["analysis of tea", false]);
    expect(await flags.isWarmingOn()).toBe(false);
    expect(cache.usage.entries).toBe(0);
    flags.resume();
    await ask("tea");
    await ask("tea");
    expect(calls).toHaveLength(3);
    // The same for all processes, by the flag service.
    provider.kill();
    await ask("tea");
    expect(calls).toHaveLength(4);
    expect(cache.usage.entries).toBe(0);
    expect(alerts).toEqual(["answers are wrong", 'the flag "kill-switch" is on']);
  });
});

describe("phase 5: maintenance", () => {
  test("the weekly report has rates, calls and money that were measured", async () => {
    const { cachedAnalyze, statistics } = setUp();
    await cachedAnalyze("before the week");
    const monday = statistics.snapshot();
    for (let i = 0; i < 100; i++) await cachedAnalyze(`query ${i % 10}`);
    const { total, text } = reportSavings(monday, statistics.snapshot());
    expect(total).toMatchObject({ requests: 100, hits: 90, misses: 10, hitRate: 0.9 });
    expect(total.netSaved).toBeCloseTo(0.18, 9);
    expect(text).toContain("90 of 100 calls saved (90.0 %)");
  });

  test("times to live follow whether values change, with a reason", async () => {
    const tuner = new TtlTuner({ ttls: { market: 60_000 }, samples: 2, minTtl: 100 });
    const cache = new TieredCache({ onEvent: tuner.record });
    const key = cacheKey({ scope: "app", prefix: "market", parts: ["US"] });
    for (let price = 0; price < 3; price++) {
      await cache.getOrSet(key, async () => price, { ttl: tuner.ttlOf("market"), refresh: true });
    }
    expect(tuner.decisions()).toMatchObject([
      { class: "market", before: 60_000, after: 30_000, reason: expect.stringContaining("2 of 2") },
    ]);
  });

  test("a schedule warms the cache before the peak, through the calls themselves", async () => {
    const { cache, calls, analyze, options } = setUp();
    const topics = ["portfolio", "market", "news"];
    const ask = cached(analyze, { ...options, key: (topic) => topic });
    using warmer = new CacheWarmer({
      cache,
      plans: {
        morning: {
          schedule: "0 6 * * *",
          entries: () =>
            topics.map((topic) => ({
              key: keyOf(topic),
              fill: () => analyze(topic),
              options: { ttl: options.ttl },
            })),
        },
      },
    });
    await warmer.run("morning");
    expect(calls).toEqual(topics);
    for (const topic of topics) await ask(topic);
    expect(calls).toEqual(topics);
    expect(new Date(warmer.nextRun("morning") ?? 0).getHours()).toBe(6);
  });
});

describe("common issues", () => {
  test("keys cannot collide: every argument, the prefix and the tenant are part of them", async () => {
    const { cache } = setUp();
    const keys = [
      cacheKey({ scope: "a", prefix: "user", parts: [1, "data"] }),
      cacheKey({ scope: "a", prefix: "user", parts: ["1", "data"] }),
      cacheKey({ scope: "a", prefix: "user/1", parts: ["data"] }),
      cacheKey({ scope: "b", prefix: "user", parts: [1, "data"] }),
    ];
    for (const [i, key] of keys.entries()) await cache.set(key, i, { ttl: 60_000 });
    expect(await cache.getMany(keys)).toEqual([0, 1, 2, 3]);
  });

  test("memory is bounded", async () => {
    const cache = new TieredCache({ memory: { maxBytes: 100_000 } });
    for (let i = 0; i < 1_000; i++) {
      const key = cacheKey({ scope: "", prefix: "big", parts: [i] });
      await cache.set(key, "x".repeat(1_000), { ttl: 60_000 });
    }
    expect(cache.usage.bytes).toBeLessThanOrEqual(100_000);
    expect(cache.usage.entries).toBeGreaterThan(10);
  });

  test("a changed record invalidates what was made of it: children, references, aggregates", async () => {
    const cache = new TieredCache({
      relations: {
        order: ({ id, user }: { id: number; user: number }) => [
          `order:${id}`,
          `orders of ${user}`,
          "order summary",
        ],
      },
    });
    const put = async (name: string, tags: string[]) => {
      const key = cacheKey({ scope: "", prefix: "order", parts: [name] });
      await cache.set(key, name, { ttl: 60_000, tags });
      return key;
    };
    const keys = [
      await put("detail", ["order:7"]),
      await put("list", ["orders of 1"]),
      await put("summary", ["order summary"]),
      await put("another detail", ["order:8"]),
    ];
    await cache.invalidateRelated("order", { id: 7, user: 1 });
    expect(await cache.getMany(keys)).toEqual([undefined, undefined, undefined, "another detail"]);
  });
});
