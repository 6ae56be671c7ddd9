import { describe, expect, test } from "vitest";
import { readCacheConfig, readOptimizationFlags } from "./optimization-config.ts";

describe("OPTIMIZATION_FLAGS", () => {
  test("are read by their names of the configuration and of the environment", () => {
    const expected = { enableCache: true, enableBatching: false, cachePercentage: 25 };
    const file = { enable_cache: true, enable_batching: false, cache_percentage: 25 };
    const env = { ENABLE_CACHE: "true", ENABLE_BATCHING: "false", CACHE_PERCENTAGE: "25" };
    expect(readOptimizationFlags(file)).toEqual(expected);
    expect(readOptimizationFlags({ ...env, PATH: "/bin" })).toEqual(expected);
  });

  test("are off, off and 10 unless they say otherwise, empty ones too", () => {
    const expected = { enableCache: false, enableBatching: false, cachePercentage: 10 };
    expect(readOptimizationFlags({})).toEqual(expected);
    expect(readOptimizationFlags({ ENABLE_CACHE: "", CACHE_PERCENTAGE: "" })).toEqual(expected);
  });

  test.each([
    ["ENABLE_CACHE", "yes"],
    ["enable_batching", 1],
    ["CACHE_PERCENTAGE", "ten"],
    ["CACHE_PERCENTAGE", " "],
    ["cache_percentage", 101],
    ["cache_percentage", -1],
    ["cache_percentage", Number.NaN],
  ])("%s = %j is refused by its name", (name, value) => {
    expect(() => readOptimizationFlags({ [name]: value })).toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.stringContaining(name.toLowerCase()),
      }),
    );
  });
});

describe("CACHE_CONFIG", () => {
  test("is read, seconds as milliseconds and megabytes as bytes", () => {
    const config = {
      REDIS_URL: "redis://localhost:6379",
      DEFAULT_TTL: 60,
      MAX_MEMORY_MB: "10",
      EVICTION_POLICY: "lru",
    };
    expect(readCacheConfig(config)).toEqual({
      redisUrl: "redis://localhost:6379",
      ttl: 60_000,
      memory: { maxBytes: 10 * 2 ** 20 },
    });
  });

  test("is five minutes in 100 MB of memory unless it says otherwise", () => {
    expect(readCacheConfig({})).toEqual({
      redisUrl: undefined,
      ttl: 300_000,
      memory: { maxBytes: 100 * 2 ** 20 },
    });
  });

  test.each([
    ["EVICTION_POLICY", "fifo"],
    ["DEFAULT_TTL", 0],
    ["MAX_MEMORY_MB", "much"],
    ["REDIS_URL", 6379],
  ])("%s = %j is refused by its name", (name, value) => {
    expect(() => readCacheConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: "E_CONFIG", message: expect.stringContaining(name) }),
    );
  });
});
