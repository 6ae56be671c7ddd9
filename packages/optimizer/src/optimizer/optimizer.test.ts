import type { JsonValue } from "@palimpsest/core";
import { TestClock } from "@palimpsest/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpack } from "../pack/unpack.ts";
import { createOptimizer, Optimizer, type OptimizerOptions } from "./optimizer.ts";

const fact = { user_id: "u1", category: "pref", key: "k1", value: "v1" };
const words = { family: "words", count: (text: string) => text.split(/\W+/).length };

describe("compress and expand", () => {
  test("give any JSON value back, whatever the two configurations", () => {
    const flag = { key: fc.boolean(), json: fc.boolean(), compact: fc.boolean() };
    const options = fc.record(flag).map(({ key, json, compact }): OptimizerOptions => ({
      keyAbbreviation: key,
      minifyJson: json,
      compactFormat: compact,
    }));
    fc.assert(
      fc.property(fc.jsonValue(), options, options, (value, writing, reading) => {
        const text = new Optimizer(writing).compress(value);
        expect(new Optimizer(reading).expand(text)).toStrictEqual(value);
      }),
    );
  });

  test("plain data passes untouched, the very object", () => {
    const plain: JsonValue[] = [
      fact,
      [],
      {},
      "hello",
      "",
      5,
      null,
      true,
      ["a", "b"],
      '{"uid":"u"}',
    ];
    const optimizer = new Optimizer();
    for (const data of plain) expect(optimizer.expand(data)).toBe(data);
    expect(optimizer.getStats().expansions).toBe(0);
  });

  test("compressing twice is undone by expanding twice", () => {
    const optimizer = new Optimizer();
    const twice = optimizer.compress(optimizer.compress(fact));
    expect(optimizer.expand(optimizer.expand(twice))).toEqual(fact);
  });

  test("a session is saved and loaded as it was", () => {
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "hello" },
    ];
    const session = { personality: "dr_luna", messages, metadata: { test: true } };
    const optimizer = new Optimizer();
    expect(optimizer.expand(optimizer.compress(session))).toEqual(session);
  });
});

describe("batches", () => {
  const facts = [fact, { ...fact, key: "k2" }, { ...fact, importance: 1 }];

  test("are deduplicated, and say where each record went", () => {
    const optimizer = new Optimizer();
    const { items, indexMap, merges } = optimizer.compressBatch(facts);
    expect(indexMap).toEqual([0, 1, 0]);
    expect(merges).toMatchObject([{ output: 0, inputs: [0, 2] }]);
    expect(optimizer.expandBatch(items)).toEqual([facts[2], facts[1]]);
    expect(optimizer.getStats()).toMatchObject({ compressions: 2, expansions: 2, deduplicated: 1 });
  });

  test.each([{ autoDeduplicate: false }, { deduplicateMemory: false }])(
    "are only compressed with %j",
    (options) => {
      const optimizer = new Optimizer(options);
      const { items, indexMap } = optimizer.compressBatch(facts);
      expect(indexMap).toEqual([0, 1, 2]);
      expect(optimizer.expandBatch(items)).toEqual(facts);
    },
  );

  test("report contradictions", () => {
    const batch = new Optimizer().compressBatch([fact, { ...fact, value: "other" }]);
    expect(batch.items).toHaveLength(2);
    expect(batch.contradictions).toMatchObject([{ outputs: [0, 1] }]);
  });

  test("with a value that is not JSON name its place and count nothing", () => {
    const optimizer = new Optimizer();
    expect(() => optimizer.compressBatch([fact, { ...fact, value: new Date(0) }])).toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringContaining('value[1]["value"]'),
      }),
    );
    expect(optimizer.getStats()).toMatchObject({ compressions: 0, totalOriginalBytes: 0 });
  });

  test("may be empty", () => {
    expect(new Optimizer().compressBatch([])).toMatchObject({ items: [], indexMap: [] });
    expect(() => new Optimizer().compressBatch({} as unknown[])).toThrow("must be a list");
    expect(new Optimizer().expandBatch([])).toEqual([]);
  });
});

describe("every option has an effect", () => {
  const parts = [
    { ...fact, source: "a", tags: ["x"] },
    { ...fact, source: "b", tags: ["y"] },
  ];

  test("preserveSources", () => {
    const [merged] = new Optimizer().deduplicate<object>(parts).records;
    expect(merged).toMatchObject({ source: ["a", "b"] });
    const [first] = new Optimizer({ preserveSources: false }).deduplicate<object>(parts).records;
    expect(first).toMatchObject({ source: "a", tags: ["x", "y"] });
  });

  test("mergeTags", () => {
    const [first] = new Optimizer({ mergeTags: false }).deduplicate<object>(parts).records;
    expect(first).toMatchObject({ source: ["a", "b"], tags: ["x"] });
  });

  test("deduplicateMemory", () => {
    const optimizer = new Optimizer({ deduplicateMemory: false });
    expect(() => optimizer.deduplicate(parts)).toThrow(/deduplicateMemory is off/);
  });

  test("rules of one call come before those of the configuration", () => {
    const rules = { tags: "union" as const };
    const [merged] = new Optimizer({ mergeTags: false }).deduplicate<object>(parts, {
      rules,
    }).records;
    expect(merged).toMatchObject({ tags: ["x", "y"] });
  });

  test("maxTokensPerContext", () => {
    const optimizer = new Optimizer({ maxTokensPerContext: 40, counter: words });
    const { text, tokens, included, omitted } = optimizer.fitContext(
      Array.from({ length: 50 }, (_, at) => ({ ...fact, key: `k${at}` })),
    );
    expect(tokens).toBeLessThanOrEqual(40);
    expect(included.length).toBeGreaterThan(1);
    expect(included.length + omitted.length).toBe(50);
    expect(unpack(text)).toHaveLength(included.length);
    expect(() => new Optimizer().fitContext([])).toThrow(/give the optimizer a counter/);
  });

  test("cacheEnabled and cacheCapacity", () => {
    for (const options of [{ cacheEnabled: false }, { cacheCapacity: 0 }]) {
      const optimizer = new Optimizer(options);
      expect(optimizer.putFactCache(fact)).toBe(false);
      expect(optimizer.getFactCached("u1", "pref", "k1")).toBeUndefined();
      expect(optimizer.getStats().compressions).toBe(0);
    }
  });

  test("cacheTtlSeconds", () => {
    const clock = new TestClock();
    const optimizer = new Optimizer({ cacheTtlSeconds: 60, clock });
    optimizer.putFactCache(fact);
    clock.advance(60_000);
    expect(optimizer.getFactCached("u1", "pref", "k1")).toEqual(fact);
    clock.advance(1);
    expect(optimizer.getFactCached("u1", "pref", "k1")).toBeUndefined();
    optimizer.putFactCache(fact);
    clock.advance(60_001);
    expect(optimizer.cleanupCache()).toBe(1);
  });

  test("autoExpand", () => {
    const optimizer = new Optimizer({ autoExpand: false });
    optimizer.putFactCache(fact);
    expect(optimizer.getFactCached("u1", "pref", "k1")).toBe(optimizer.compress(fact));
  });

  test("numbers", () => {
    const optimizer = new Optimizer({ numbers: "source" });
    const read = optimizer.expand('¶1c["f",12345678901234567890]');
    expect(JSON.stringify(read)).toBe('{"value":12345678901234567890}');
    expect(() => new Optimizer({ numbers: "exact" as "source" })).toThrow(/native or source/);
  });
});

describe("the fact cache", () => {
  test("gives copies and takes copies", () => {
    const optimizer = new Optimizer();
    const mine = { ...fact, tags: ["a"] };
    expect(optimizer.putFactCache(mine)).toBe(true);
    mine.tags.push("b");
    const read = optimizer.getFactCached("u1", "pref", "k1");
    expect(read).toEqual({ ...fact, tags: ["a"] });
    Object.assign(read as object, { value: "changed" });
    expect(optimizer.getFactCached("u1", "pref", "k1")).toEqual({ ...fact, tags: ["a"] });
  });

  test("finds a fact under exactly its parts", () => {
    const optimizer = new Optimizer();
    optimizer.putFactCache(fact);
    expect(optimizer.getFactCached("u1")).toBeUndefined();
    expect(optimizer.getFactCached("u1", "pref")).toBeUndefined();
    expect(optimizer.putFactCache({ value: 1 })).toBe(false);
    expect(optimizer.invalidateUserCache("u1")).toBe(1);
    expect(optimizer.getFactCached("u1", "pref", "k1")).toBeUndefined();
  });
});

test("statistics count what happened, and start again at zero", () => {
  const optimizer = new Optimizer();
  const text = optimizer.compress(fact);
  optimizer.expand(text);
  optimizer.putFactCache(fact);
  optimizer.getFactCached("u1", "pref", "k1");
  optimizer.getFactCached("nobody");
  const originalBytes = 2 * JSON.stringify(fact).length;
  const savedBytes = originalBytes - 2 * Buffer.byteLength(text);
  expect(optimizer.getStats()).toMatchObject({
    compressions: 2,
    expansions: 2,
    deduplicated: 0,
    cacheHits: 1,
    cacheMisses: 1,
    totalOriginalBytes: originalBytes,
    totalReductionBytes: savedBytes,
    totalReductionPercent: Math.round((savedBytes / originalBytes) * 1e4) / 100,
    cacheStats: { size: 1, capacity: 1000, hitRate: 50 },
  });
  optimizer.resetStats();
  expect(optimizer.getStats()).toMatchObject({
    compressions: 0,
    cacheHits: 0,
    totalReductionPercent: 0,
  });
  expect(optimizer.getStats().cacheStats).toMatchObject({ size: 1, hits: 0 });
});

test("reductions are counted in tokens too, when there is a counter", () => {
  const optimizer = new Optimizer({ counter: words });
  const { minified } = optimizer.calculateReduction(fact, optimizer.compress(fact));
  expect(minified).toMatchObject({
    originalTokens: words.count(JSON.stringify(fact)),
    compressedTokens: words.count(optimizer.compress(fact)),
  });
  expect(new Optimizer().calculateReduction(fact, fact).minified).not.toHaveProperty(
    "originalTokens",
  );
});

test("a batch is measured as lines", () => {
  const facts = [fact, { ...fact, key: "k2" }];
  const optimizer = new Optimizer();
  const { items } = optimizer.compressBatch(facts);
  const { minified } = optimizer.calculateReduction(facts, items);
  expect(minified.compressedBytes).toBe(Buffer.byteLength(items.join("\n")));
});

test("createOptimizer takes v1's names and ours", () => {
  const clock = new TestClock();
  const optimizer = createOptimizer({ compact_format: false, minifyJson: false, clock });
  expect(optimizer.config).toMatchObject({
    compactFormat: false,
    minifyJson: false,
    cacheCapacity: 1000,
  });
  const shortening = createOptimizer({ keyMappings: { mood: "md" }, key_abbreviation: true });
  expect(shortening.compress({ mood: 1 })).toBe('¶1a{"^md":1}');
  expect(() => createOptimizer(JSON.parse('{"cache_size":5}'))).toThrow(/does not exist/);
});
