import { expect, test } from "vitest";
import { deduplicate } from "../dedupe/deduplicate.ts";
import { pack } from "../pack/pack.ts";
import { createOptimizer, Optimizer } from "./optimizer.ts";

/** What LuminoraCore v1.2-lite does wrong in batches and in its cache; continues v1-failures.test.ts. */
const base = { user_id: "u1", category: "preferences", key: "k1", value: "v1" };

test("#29 two episodes of one user stay two", () => {
  const episodes = [1, 2].map((id) => ({ user_id: "u1", episode_id: id, episode_title: `E${id}` }));
  for (const compactFormat of [true, false]) {
    const optimizer = new Optimizer({ compactFormat });
    const { items, indexMap } = optimizer.compressBatch(episodes);
    expect(indexMap).toEqual([0, 1]);
    expect(optimizer.expandBatch(items)).toEqual(episodes);
  }
});

test("#30 duplicates keep all metadata, the larger of negative numbers and the later date", () => {
  const { records, merges } = deduplicate<object>([
    { ...base, importance: -3, timestamp: "2024-1-5", metadata: { lang: "es" } },
    { ...base, importance: -1, timestamp: "2024-11-18", metadata: { mood: "calm" } },
  ]);
  expect(records).toEqual([
    {
      ...base,
      importance: -1,
      timestamp: "2024-11-18",
      metadata: { lang: "es", mood: "calm" },
    },
  ]);
  expect(merges[0]?.replaced.map(({ field }) => field)).toEqual(["importance", "timestamp"]);
});

test("#31 tags that are texts become a list of texts, not of letters", () => {
  const { records } = deduplicate<object>([
    { ...base, tags: "sports" },
    { ...base, tags: "fun" },
  ]);
  expect(records).toEqual([{ ...base, tags: ["sports", "fun"] }]);
});

test("#32 odd types cost nothing but a report", () => {
  const odd = [
    {
      ...base,
      timestamp: 1_700_000_000,
      importance: "high",
      tags: [{ a: 1 }, "x", 2],
      source: ["a"],
    },
    { ...base, timestamp: "2024-11-18", importance: 0.5, tags: ["x", null], source: "b" },
    { ...base, value: { 1: "a", b: null } },
    { ...base, value: { b: null, 1: "a" } },
  ];
  const optimizer = new Optimizer();
  const { items, indexMap, problems } = optimizer.compressBatch(odd);
  expect(indexMap).toEqual([0, 0, 1, 1]);
  expect(problems).toMatchObject([{ input: 0, field: "importance" }]);
  expect(optimizer.expandBatch(items)[0]).toEqual({
    ...base,
    timestamp: "2024-11-18",
    importance: 0.5,
    tags: [{ a: 1 }, "x", 2, null],
    source: ["a", "b"],
  });
});

test("#33 merged sources are a list, so a comma in one is no doubt", () => {
  const { records, merges } = deduplicate<object>([
    { ...base, source: "a,b" },
    { ...base, source: "c" },
  ]);
  expect(records).toEqual([{ ...base, source: ["a,b", "c"] }]);
  expect(merges[0]?.sources).toEqual(["a,b", "c"]);
});

test("#34 the cache never gives another user's fact", () => {
  const optimizer = new Optimizer();
  optimizer.putFactCache({ user_id: "a", category: "b:c", key: "k", value: "secret" });
  expect(optimizer.getFactCached("a:b", "c", "k")).toBeUndefined();
  expect(optimizer.getFactCached("a", "b:c", "k")).toMatchObject({ value: "secret" });
});

test("#35 invalidating a user takes all of that user's facts and nobody else's", () => {
  const optimizer = new Optimizer();
  const facts = [{ user_id: "a" }, { user_id: "a", category: "c", key: "k" }, { user_id: "a:b" }];
  for (const fact of facts) optimizer.putFactCache(fact);
  expect(optimizer.invalidateUserCache("a")).toBe(2);
  expect(optimizer.getFactCached("a")).toBeUndefined();
  expect(optimizer.getFactCached("a:b")).toEqual({ user_id: "a:b" });
});

test("#36 a user_id that is a number is cached", () => {
  const optimizer = new Optimizer();
  const fact = { ...base, user_id: 7 };
  expect(optimizer.putFactCache(fact)).toBe(true);
  expect(optimizer.getFactCached(7, "preferences", "k1")).toEqual(fact);
});

test("#37 a cached fact keeps its extra fields and gets none", () => {
  const optimizer = new Optimizer();
  const fact = { ...base, mood_note: "calm" };
  optimizer.putFactCache(fact);
  expect(optimizer.getFactCached("u1", "preferences", "k1")).toStrictEqual(fact);
});

test("#38 changing a cached result does not change the cache", () => {
  const optimizer = createOptimizer({ key_abbreviation: false });
  optimizer.putFactCache({ ...base, tags: ["a"] });
  const read = () => optimizer.getFactCached("u1", "preferences", "k1") as { tags: string[] };
  read().tags.push("b");
  expect(read().tags).toEqual(["a"]);
});

test("#39 a record of one field does not grow", () => {
  const value = { user_id: "u" };
  const length = JSON.stringify(value).length;
  expect(new Optimizer().compress(value).length).toBeLessThanOrEqual(length);
  expect(pack(value, { profile: "minified" }).length).toBe(length);
});
