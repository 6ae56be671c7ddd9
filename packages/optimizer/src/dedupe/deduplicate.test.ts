import { expect, describe, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { type Deduplicated, deduplicate } from "./deduplicate.ts";

const carlos = { user_id: "carlos", category: "pref", key: "sport", value: "basketball" };

function saying(value: unknown): object {
  return { ...carlos, value };
}

test("merges equal facts and says where each input went", () => {
  const facts = [
    { ...carlos, importance: 0.5, timestamp: "2024-11-17", source: "conversation", tags: ["a"] },
    { ...carlos, value: "judo" },
    { ...carlos, importance: 0.9, timestamp: "2024-11-19", source: "document", tags: ["b", "a"] },
    { ...carlos, importance: 0.7, timestamp: "2024-11-18", source: "api", note: "late" },
  ];
  const { records, indexMap, merges } = deduplicate<object>(facts);
  expect(records).toEqual([
    {
      ...carlos,
      importance: 0.9,
      timestamp: "2024-11-19",
      source: ["conversation", "document", "api"],
      tags: ["a", "b"],
      note: "late",
    },
    facts[1],
  ]);
  expect(indexMap).toEqual([0, 1, 0, 0]);
  expect(merges).toMatchObject([
    { output: 0, inputs: [0, 2, 3], sources: ["conversation", "document", "api"] },
  ]);
});

test("says which values the merged record does not show", () => {
  const { merges } = deduplicate([
    { ...carlos, mood: "calm", metadata: { lang: "es", a: 1 } },
    { ...carlos, mood: "glad", metadata: { lang: "en", b: 2 } },
  ]);
  expect(merges[0]?.replaced).toEqual([
    { field: "mood", input: 1, value: "glad" },
    { field: "metadata", input: 1, value: { lang: "en", b: 2 } },
  ]);
});

test("a record without a duplicate is the caller's own, untouched", () => {
  const { records } = deduplicate([carlos]);
  expect(records[0]).toBe(carlos);
});

describe("identity", () => {
  test.each([
    ["another user", { user_id: "maria" }],
    ["another scope", { scope: "b" }],
    ["another user in camel case", { userId: "maria" }],
    ["another category", { category: "work" }],
    ["another key", { key: "hobby" }],
    ["another value", { value: "judo" }],
    ["a value of another type", { value: ["basketball"] }],
  ])("%s is another fact", (_, change) => {
    expect(deduplicate<object>([carlos, { ...carlos, ...change }]).records).toHaveLength(2);
  });

  test('1 and "1", null and absent, 0 and −0 differ; the order of keys does not', () => {
    const values = [1, "1", 0, -0, null, { a: 1, b: 2 }, { b: 2, a: 1 }];
    const facts = values.map(saying);
    const { value: _value, ...absent } = carlos;
    expect(deduplicate<object>([...facts, absent]).indexMap).toEqual([0, 1, 2, 3, 4, 5, 5, 6]);
  });

  test("episodes of one user are not one for lack of a category and a key", () => {
    const episodes = [
      { user_id: "u", episode_id: 1, title: "first" },
      { user_id: "u", episode_id: 2, title: "second" },
      { user_id: "u", category: null, key: null, value: null, id: 1 },
      { user_id: "u", category: null, key: null, value: null, id: 2 },
      { user_id: "u", episode_id: 1, title: "first" },
    ];
    expect(deduplicate<object>(episodes).indexMap).toEqual([0, 1, 2, 3, 0]);
  });

  test("fields can be chosen", () => {
    const notes = [
      { tenant: "a", text: "Tea", at: 1 },
      { tenant: "a", text: "Tea", at: 2 },
      { tenant: "b", text: "Tea", at: 3 },
    ];
    const identity = { scope: ["tenant"], subject: [], value: ["text"] };
    expect(deduplicate(notes, { identity }).indexMap).toEqual([0, 0, 1]);
    expect(deduplicate(notes, { identity, rules: { at: "max" } }).records[0]).toMatchObject({
      at: 2,
    });
  });
});

describe("levels", () => {
  const spellings = ["Café  olé", "café olé", "CAFE\u0301 OLÉ ", "cafe ole"].map(saying);

  test("normalised joins spellings of a number, exact does not", () => {
    const numbers = ["1", "1.0", "1e0", "2"].map((text) => saying(parseJson(text)));
    expect(deduplicate(numbers, { level: "normalised" }).indexMap).toEqual([0, 0, 0, 1]);
    expect(deduplicate(numbers).indexMap).toEqual([0, 1, 2, 3]);
  });

  test("exact keeps spellings apart, normalised joins case, white space and Unicode form", () => {
    expect(deduplicate(spellings).indexMap).toEqual([0, 1, 2, 3]);
    const { records, indexMap, merges } = deduplicate(spellings, { level: "normalised" });
    expect(indexMap).toEqual([0, 0, 0, 1]);
    expect(records[0]).toHaveProperty("value", "Café  olé");
    expect(merges[0]?.replaced.map(({ value }) => value)).toEqual(["café olé", "CAFE\u0301 OLÉ "]);
  });

  test("users that differ by case are two users at every level", () => {
    const users = [carlos, { ...carlos, user_id: "Carlos" }];
    for (const level of ["normalised", "near"] as const) {
      expect(deduplicate(users, { level }).records).toHaveLength(2);
    }
    const incomplete = [
      { user_id: "a", note: "x" },
      { user_id: "A", note: "x" },
    ];
    expect(deduplicate(incomplete, { level: "normalised" }).records).toHaveLength(2);
  });

  test("near joins texts about one subject that differ by a little, and says by how much", () => {
    const texts = [
      "moved to a flat at the harbour of Lisbon last spring",
      "works as a baker",
      "moved to a flat at the harbor of Lisbon last spring.",
    ];
    const facts = texts.map(saying);
    const { indexMap, merges } = deduplicate(facts, { level: "near", threshold: 0.7 });
    expect(indexMap).toEqual([0, 1, 0]);
    expect(merges[0]?.similarities[0]).toBe(1);
    expect(merges[0]?.similarities[1]).toBeGreaterThanOrEqual(0.7);
    expect(merges[0]?.similarities[1]).toBeLessThan(1);
    const other = [facts[0], { ...facts[2], key: "home" }];
    expect(deduplicate(other, { level: "near", threshold: 0.7 }).indexMap).toEqual([0, 1]);
  });

  test("near compares texts only: other values must be equal", () => {
    const values = [{ city: "Lisbon" }, { city: "Berlin" }, ["a"], ["b"], 10_001, 10_002];
    expect(deduplicate(values.map(saying), { level: "near", threshold: 0.1 }).records).toHaveLength(
      values.length,
    );
  });

  test("a merge lists its inputs in their order, whichever group they came from", () => {
    const texts = ["a flat at the harbour", "a flat at the harbor", "a flat at the harbour"];
    const facts = [...texts, "a flat at the harbor"].map(saying);
    const { merges } = deduplicate(facts, { level: "near", threshold: 0.7 });
    expect(merges.map(({ inputs }) => inputs)).toEqual([[0, 1, 2, 3]]);
    const [, second, third] = merges[0]?.similarities ?? [];
    expect(third).toBe(1);
    expect(second).toBeLessThan(1);
  });
});

describe("contradictions", () => {
  test("are reported, never merged", () => {
    const facts = [carlos, { ...carlos, value: "judo" }, { ...carlos, user_id: "maria" }, carlos];
    const { records, contradictions } = deduplicate(facts);
    expect(records).toHaveLength(3);
    expect(contradictions).toEqual([
      { subject: { user_id: "carlos", category: "pref", key: "sport" }, outputs: [0, 1] },
    ]);
  });

  test("need a subject", () => {
    const identity = { subject: [], value: ["text"] };
    expect(deduplicate([{ text: "a" }, { text: "b" }], { identity }).contradictions).toEqual([]);
  });
});

describe("odd records", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const deep: unknown = JSON.parse(`{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`);
  const failing = Object.defineProperty({}, "value", {
    enumerable: true,
    get: () => {
      throw new Error("no longer there");
    },
  });
  const plain = ["text", null, 5, [carlos], new Date(0)];
  const odd: unknown[] = [...plain, cycle, { v: 1n }, deep, failing];

  test("are kept and reported, and cost the others nothing", () => {
    const result: Deduplicated<unknown> = deduplicate<unknown>([carlos, ...odd, { ...carlos }]);
    expect(result.records).toHaveLength(10);
    for (const [at, record] of odd.entries()) expect(result.records[at + 1]).toBe(record);
    expect(result.indexMap).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    expect(result.problems.map(({ input }) => input)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(result.problems.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  test("values that a rule cannot rank are reported with their field", () => {
    const { records, problems } = deduplicate<object>([
      { ...carlos, importance: "high", timestamp: 1_700_000_000 },
      { ...carlos, importance: 0.4, timestamp: "2024-11-18" },
    ]);
    expect(records).toEqual([{ ...carlos, importance: 0.4, timestamp: "2024-11-18" }]);
    expect(problems).toMatchObject([{ input: 0, field: "importance" }]);
  });
});

describe("options", () => {
  test.each([
    [{ level: "fuzzy" }, /level "fuzzy" is unknown/],
    [{ threshold: 0.9 }, /set level to near/],
    [{ level: "near", threshold: 0 }, /above 0/],
    [{ level: "near", threshold: 1.5 }, /at most 1/],
    [{ rules: { value: "max" } }, /part of the identity/],
    [{ rules: { note: "newest" } }, /rules\.note: "newest" is unknown/],
    [{ identity: { value: [] } }, /at least one field/],
    [{ identity: { subject: "key" } }, /identity\.subject must be a list of field names/],
    [{ identity: { scope: [7] } }, /identity\.scope must be a list of field names/],
  ])("refuses %j", (options, message) => {
    expect(() => deduplicate([], options as object)).toThrow(message);
  });

  test.each([["facts"], [{ 0: carlos }], [null]])("refuses %j for records", (records) => {
    expect(() => deduplicate(records as unknown as object[])).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT", message: "records must be a list" }),
    );
  });

  test("a default rule gives way when its field becomes part of the identity", () => {
    const identity = { value: ["source"] };
    const facts = ["a", "b", "A"].map((source) => Object.assign({}, carlos, { source }));
    const { records } = deduplicate(facts, { identity, level: "normalised" });
    expect(records.map(({ source }) => source)).toEqual(["a", "b"]);
  });
});
