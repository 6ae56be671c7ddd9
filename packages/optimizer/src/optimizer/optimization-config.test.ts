import { describe, expect, test } from "vitest";
import {
  completeConfig,
  defaultOptimizationConfig,
  optimizationConfigFromV1,
} from "./optimization-config.ts";

test("has v1's defaults", () => {
  expect(completeConfig({})).toEqual({
    keyAbbreviation: true,
    minifyJson: true,
    compactFormat: true,
    deduplicateMemory: true,
    cacheEnabled: true,
    cacheCapacity: 1000,
    cacheTtlSeconds: 3600,
    autoDeduplicate: true,
    preserveSources: true,
    mergeTags: true,
    maxTokensPerContext: 20_000,
    autoExpand: true,
  });
  expect(completeConfig({ minifyJson: undefined })).toEqual(defaultOptimizationConfig);
});

describe("optimizationConfigFromV1", () => {
  test("reads every option of v1's to_dict", () => {
    const dict = {
      key_abbreviation: false,
      minify_json: false,
      compact_format: false,
      deduplicate_memory: false,
      cache_enabled: false,
      cache_capacity: 5,
      cache_ttl_seconds: 7200,
      auto_deduplicate: false,
      preserve_sources: false,
      merge_tags: false,
      max_tokens_per_context: 100,
      auto_expand: false,
    };
    const config = optimizationConfigFromV1(dict);
    expect(Object.values(config)).toEqual(Object.values(dict));
    expect(Object.keys(config)).toEqual(Object.keys(defaultOptimizationConfig));
  });

  test.each([
    [{ key_abreviation: true }, /key_abreviation does not exist; the nearest is key_abbreviation/],
    [{ cache_size: 5 }, /the nearest is cache_/],
    [{ minification: true }, /minification does not exist/],
    [{ minify_json: true, minifyJson: true }, /given twice/],
    [{ minify_json: "yes" }, /minifyJson must be true or false, got yes/],
  ])("refuses %j, which v1 ignored or died of", (config, message) => {
    expect(() => optimizationConfigFromV1(config)).toThrow(
      expect.objectContaining({ code: "E_CONFIG", message: expect.stringMatching(message) }),
    );
  });
});

test.each([
  [{ minifyJSON: true }, /the nearest is minifyJson/],
  [{ key_abbreviation: true }, /the nearest is keyAbbreviation/],
  [{ keyAbbreviation: 1 }, /true or false/],
  [{ cacheCapacity: -1 }, /whole number/],
  [{ cacheCapacity: 1.5 }, /whole number/],
  [{ cacheCapacity: 10_000_001 }, /whole number from 0 to 10000000/],
  [{ cacheTtlSeconds: 0 }, /seconds/],
  [{ cacheTtlSeconds: Number.NaN }, /seconds/],
  [{ maxTokensPerContext: "many" }, /whole number/],
  [{ ["x".repeat(100_000)]: 1 }, /does not exist/],
])("refuses %j", (options, message) => {
  expect(() => completeConfig(options)).toThrow(message);
});
