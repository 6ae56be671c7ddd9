import { describe, expect, test } from "vitest";
import { deduplicate } from "../dedupe/deduplicate.ts";
import { encodeLegacy } from "../legacy/encode-legacy.ts";
import { KEY_MAPPINGS } from "../legacy/key-mappings.ts";
import { Optimizer } from "./optimizer.ts";

/** The acceptance cases of v1.2-lite's own suite that concern its optimization module. */
const fact = {
  user_id: "carlos",
  category: "preferences",
  key: "favorite_sport",
  value: "basketball",
  importance: 0.85,
  timestamp: "2024-11-18T10:30:00Z",
  source: "conversation",
  confidence: 0.95,
  tags: ["sports"],
};
const carlos = { user_id: "carlos", category: "pref", key: "sport", value: "basketball" };
const optimizer = new Optimizer();
const plain = new Optimizer({ keyAbbreviation: false, compactFormat: false });

describe("calculate_reduction", () => {
  test("of the full fact against v1's array, padded as v1 counts: 219 to 113, 106, 48.4", () => {
    const { data } = encodeLegacy(fact, { format: "array9" });
    const { padded, minified } = optimizer.calculateReduction(fact, data);
    expect(padded).toEqual({
      originalBytes: 219,
      compressedBytes: 113,
      reductionBytes: 106,
      reductionPercent: 48.4,
    });
    expect(minified.reductionPercent).toBeLessThan(padded.reductionPercent);
  });

  test("of a value against itself is nothing", () => {
    expect(optimizer.calculateReduction(fact, fact).minified.reductionPercent).toBe(0);
    expect(optimizer.calculateReduction({}, {}).minified.reductionPercent).toBe(0);
  });

  test("get_compression_ratio: 38.1 for two fields that became short", () => {
    const long = { user_id: "123", category: "preferences" };
    expect(
      optimizer.calculateReduction(long, { uid: "123", cat: "pref" }).minified.reductionPercent,
    ).toBe(38.1);
  });

  test("get_size_reduction: an array of three fields grows from 52 to 53, by 1.92", () => {
    const small = { user_id: "carlos", category: "pref", key: "sport" };
    const { data } = encodeLegacy(small, { format: "array9" });
    expect(optimizer.calculateReduction(small, data).minified).toEqual({
      originalBytes: 52,
      compressedBytes: 53,
      reductionBytes: -1,
      reductionPercent: -1.92,
    });
  });

  test("the compact form of the full fact saves more than 25 percent", () => {
    const { minified } = optimizer.calculateReduction(fact, optimizer.compress(fact));
    expect(minified.reductionPercent).toBeGreaterThan(25);
  });

  test("abbreviation alone saves more than 15 percent of a fact of nine fields", () => {
    const abbreviating = new Optimizer({ compactFormat: false });
    const { minified } = optimizer.calculateReduction(fact, abbreviating.compress(fact));
    expect(minified.reductionPercent).toBeGreaterThan(15);
  });
});

describe("minify", () => {
  test.each([
    [
      { user_id: "carlos", category: "preferences" },
      '{"user_id":"carlos","category":"preferences"}',
    ],
    [["item1", "item2", "item3"], '["item1","item2","item3"]'],
    [
      { name: "José", city: "São Paulo", emoji: "🚀" },
      '{"name":"José","city":"São Paulo","emoji":"🚀"}',
    ],
    [{}, "{}"],
    [[], "[]"],
  ])("%j", (value, json) => {
    expect(plain.compress(value)).toBe(`¶1p${json}`);
  });

  test("pretty", () => {
    const padding = new Optimizer({
      keyAbbreviation: false,
      compactFormat: false,
      minifyJson: false,
    });
    expect(padding.compress({ key: "value", number: 123 })).toBe(
      '¶1p{"key": "value", "number": 123}',
    );
  });

  test("45 bytes instead of v1's indented 54", () => {
    const value = { user_id: "carlos", category: "preferences" };
    expect(Buffer.byteLength(plain.compress(value).slice(3))).toBe(45);
  });
});

describe("compress and expand", () => {
  const deep = { a: { b: { c: { user_id: 1, tags: [{ key: "k" }, "mixed", 2, null] } } } };
  test.each<[string, object]>([
    ["the full fact", fact],
    ["deep nesting", deep],
    ["lists of records and mixed lists", { items: [fact, "text", 1, [carlos]] }],
    ["unknown keys", { favourite: "x", ...carlos }],
    ["null values", { user_id: null, value: null }],
    ["numeric keys", { 1: "one", 2: "two", user_id: "u" }],
    ["falsy values", { category: 0, key: false, value: "", importance: 0 }],
    [
      "every mapped field",
      Object.fromEntries(Object.keys(KEY_MAPPINGS).map((name) => [name, name])),
    ],
    [
      "a session, which v1 emptied",
      {
        personality: "default",
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "hello" },
        ],
        metadata: { test: true },
      },
    ],
    ["what v1 kept", { a: "123", b: "", c: [",", '"', "[", "]"], d: 2 ** 53, tags: "sports" }],
    ["nothing", {}],
  ])("%s", (_, value) => {
    expect(optimizer.expand(optimizer.compress(value))).toStrictEqual(value);
  });
});

describe("merge", () => {
  test("importance .5/.9/.7, confidence .6/.95/.8, dates of 17, 19 and 18 November", () => {
    const days = [17, 19, 18].map((day) => `2024-11-${day}T10:30:00Z`);
    const facts = [
      { ...carlos, importance: 0.5, confidence: 0.6, timestamp: days[0] },
      { ...carlos, importance: 0.9, confidence: 0.95, timestamp: days[1] },
      { ...carlos, importance: 0.7, confidence: 0.8, timestamp: days[2] },
    ];
    expect(deduplicate(facts).records).toEqual([
      { ...carlos, importance: 0.9, confidence: 0.95, timestamp: days[1] },
    ]);
  });

  test("sources and tags are sets", () => {
    const facts = ["conversation", "document", "api"].map((source, at) =>
      Object.assign({}, carlos, { source, tags: [`t${at}`, "all"] }),
    );
    expect(deduplicate<object>(facts).records).toEqual([
      { ...carlos, source: ["conversation", "document", "api"], tags: ["t0", "all", "t1", "t2"] },
    ]);
  });

  test("one fact is the same, none is none", () => {
    expect(deduplicate([fact]).records).toEqual([fact]);
    expect(deduplicate([]).records).toEqual([]);
  });

  test("three facts with one duplicate: 2 left, 33.33 percent, 160 to 107 bytes", () => {
    const sport = { user_id: "carlos", category: "pref", key: "sport" };
    const facts = [sport, { ...sport }, { ...sport, key: "music" }];
    const { records } = deduplicate(facts);
    expect(records).toHaveLength(2);
    expect(optimizer.calculateReduction(facts, records).minified).toMatchObject({
      originalBytes: 160,
      compressedBytes: 107,
    });
  });
});
