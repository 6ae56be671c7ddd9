import { isDeepStrictEqual } from "node:util";
import { isPalimpsestError, type JsonValue } from "@palimpsest/core";
import { expect, test } from "vitest";
import { pack } from "../pack/pack.ts";
import { unpack } from "../pack/unpack.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/**
 * Inputs that LuminoraCore v1.2-lite loses, changes or dies of, each by its own name; 29 to 39 are
 * in v1-memory-failures.test.ts. Most were lost under the default configuration, some with the compact format off too: all four
 * combinations are tried, and the packed format with every profile.
 */
const base = { user_id: "u1", category: "preferences", key: "k1", value: "v1" };
const configurations: OptimizerOptions[] = [
  {},
  { compactFormat: false },
  { keyAbbreviation: false },
  { compactFormat: false, keyAbbreviation: false, minifyJson: false },
];

/** The ways by which the value does not come back as it was, to the order of its keys. */
function changedBy(value: unknown): string[] {
  const compressed = configurations.map((options): [string, unknown, () => unknown] => [
    `compress with ${JSON.stringify(options)}`,
    value,
    () => new Optimizer().expand(new Optimizer(options).compress(value)),
  ]);
  const packed = (["readable", "dense", "minified"] as const).flatMap((profile) =>
    [value, [value], [value, base]].map((whole): [string, unknown, () => unknown] => [
      `pack ${profile} of ${JSON.stringify(whole)}`,
      whole,
      () => unpack(pack(whole, { profile })),
    ]),
  );
  const changed = [...compressed, ...packed].filter(([, original, roundTrip]) => {
    const back = roundTrip();
    const sameText = JSON.stringify(back) === JSON.stringify(original);
    return !sameText || !isDeepStrictEqual(back, original);
  });
  return changed.map(([way]) => way);
}

/** Whether every way to write it throws a typed error that names the place. */
function isRefused(value: unknown, place: string): boolean {
  return [() => new Optimizer().compress(value), () => pack(value)].every((write) => {
    try {
      write();
      return false;
    } catch (error) {
      return isPalimpsestError(error, "E_INVALID_INPUT") && error.message.includes(place);
    }
  });
}

test("#1 a custom field survives", () => {
  expect(changedBy({ ...base, favorite_color: "red" })).toEqual([]);
});

test("#2 created_at, updated_at and last_accessed survive", () => {
  expect(
    changedBy({ ...base, created_at: "2024-01-01", updated_at: "2024-02-01", last_accessed: null }),
  ).toEqual([]);
});

test("#3 session_id and conversation_id survive", () => {
  expect(changedBy({ ...base, session_id: "s1", conversation_id: "c1" })).toEqual([]);
});

test("#4 metadata survives", () => {
  expect(changedBy({ ...base, metadata: { source: "chat" } })).toEqual([]);
});

test("#5 an affinity record survives", () => {
  expect(
    changedBy({
      user_id: "u1",
      affinity_score: 0.4,
      affinity_level: "friend",
      affinity_points: 55,
    }),
  ).toEqual([]);
});

test("#6 an episode record survives", () => {
  expect(
    changedBy({
      user_id: "u1",
      episode_id: "e1",
      episode_title: "t",
      episode_description: "d",
      episode_summary: "s",
    }),
  ).toEqual([]);
});

test("#7 an episode row of v1.1 survives, title and summary included", () => {
  expect(
    changedBy({
      user_id: "u1",
      episode_type: "milestone",
      title: "T",
      summary: "S",
      importance: 7,
    }),
  ).toEqual([]);
});

test("#8 a custom key named cat does not overwrite the category", () => {
  expect(changedBy({ ...base, cat: "tabby" })).toEqual([]);
  expect(changedBy({ cat: "tabby", ...base })).toEqual([]);
});

test("#9 a custom key named v does not overwrite the value", () => {
  expect(changedBy({ ...base, v: "override" })).toEqual([]);
});

test("#10 uid beside user_id survives", () => {
  expect(changedBy({ uid: "shadow", user_id: "real" })).toEqual([]);
});

test("#11 short keys within a value stay short", () => {
  expect(changedBy({ ...base, value: { k: 1, v: 2 } })).toEqual([]);
});

test("#12 words within a value are not renamed", () => {
  expect(
    changedBy({
      ...base,
      value: { title: 1, desc: 2, sum: 3, style: 4, goal: 5, exp: 6, up: 7, char: 8 },
    }),
  ).toEqual([]);
});

test("#13 a value with category and cat keeps both", () => {
  expect(changedBy({ ...base, value: { category: "big", cat: "tabby" } })).toEqual([]);
});

test("#14 lvl and pts within a value stay as they are", () => {
  expect(changedBy({ ...base, value: { lvl: 9, pts: 120 } })).toEqual([]);
});

test("#15 null stays null, and is not absent", () => {
  expect(changedBy({ ...base, value: null, importance: null })).toEqual([]);
  expect(changedBy({ user_id: "u1" })).toEqual([]);
});

test("#16 empty tags and null tags stay what they are", () => {
  expect(changedBy({ ...base, tags: [] })).toEqual([]);
  expect(changedBy({ ...base, tags: null })).toEqual([]);
});

test("#17 any order of keys survives", () => {
  expect(
    changedBy({ tags: ["a"], value: "v1", mine: 1, key: "k1", user_id: "u1", category: "c" }),
  ).toEqual([]);
});

test("#18 what JSON cannot hold is a typed error that names its place", () => {
  for (const value of [new Date(0), 1n, new Set([1]), new Uint8Array(2), new Map()]) {
    expect(isRefused({ ...base, value }, '["value"]')).toBe(true);
  }
});

test("#19 a text, null, a number and a list of facts survive", () => {
  for (const value of ["hello", null, 5, [base, base]]) expect(changedBy(value)).toEqual([]);
});

test("#20 keys that are numbers and nested lists survive; a Map, whose keys would change, is refused", () => {
  expect(changedBy({ ...base, value: { 1: "a", 2: ["b", ["c"]] } })).toEqual([]);
  expect(isRefused({ ...base, value: new Map([[1, "a"]]) }, '["value"]')).toBe(true);
});

test("#21 NaN and Infinity are a typed error, not invalid JSON", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(isRefused({ ...base, value }, '["value"]')).toBe(true);
  }
});

test("#22 a lone surrogate survives", () => {
  expect(changedBy({ ...base, value: "\ud83d" })).toEqual([]);
});

test("#23 nesting of 10,000 levels survives", () => {
  const depth = 10_000;
  const json = `{"value":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const optimizer = new Optimizer();
  const text = optimizer.compress(JSON.parse(json));
  expect(optimizer.compress(optimizer.expand(text))).toBe(text);
  expect(text.length).toBeGreaterThan(2 * depth);
});

test("#24 what minify wrote, expand reads", () => {
  const optimizer = new Optimizer({ minifyJson: true });
  const text = optimizer.compress(base);
  expect(text).toBeTypeOf("string");
  expect(optimizer.expand(text)).toEqual(base);
});

test("#25 a list that was never a fact stays a list", () => {
  const list: JsonValue = ["a", "b"];
  expect(new Optimizer().expand(list)).toBe(list);
  expect(changedBy(list)).toEqual([]);
});

test("#26 written with the compact format on, read with it off", () => {
  const text = new Optimizer({ compactFormat: true }).compress(base);
  for (const options of configurations) expect(new Optimizer(options).expand(text)).toEqual(base);
});

test("#27 old plain data is not renamed when it is read", () => {
  const old: JsonValue[] = [{ title: "T" }, { sum: 3, goal: "x" }, { uid: "u", cat: "c" }];
  for (const data of old) expect(new Optimizer().expand(data)).toBe(data);
});

test("#28 a custom mapping shortens and expands, in the compact format too", () => {
  const value = { ...base, my_custom_field: "x" };
  for (const options of configurations) {
    const optimizer = new Optimizer({ ...options, keyMappings: { my_custom_field: "mcf" } });
    expect(optimizer.expand(optimizer.compress(value))).toStrictEqual(value);
  }
  const shortened = new Optimizer({ keyMappings: { my_custom_field: "mcf" } }).compress(value);
  expect(shortened).not.toContain("my_custom_field");
});
