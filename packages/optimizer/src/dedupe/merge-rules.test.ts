import type { JsonValue } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { applyRule, type FieldValue, type MergeRule } from "./merge-rules.ts";

function fieldOf(value: JsonValue, input: number): FieldValue {
  return { input, value };
}

function merge(rule: MergeRule, first: JsonValue, ...more: JsonValue[]) {
  const rest = more.map((value, index) => fieldOf(value, index + 1));
  return applyRule(rule, [fieldOf(first, 0), ...rest]);
}

test.each<[MergeRule, JsonValue[], JsonValue]>([
  ["first", [1, 2, 3], 1],
  ["last", [1, 2, 3], 3],
  ["max", [0.5, 0.9, 0.7], 0.9],
  ["max", [-3, -1], -1],
  ["max", [null, 0.2], 0.2],
  ["min", [2, 1, 3], 1],
  ["latest", ["2024-11-17", "2024-11-19", "2024-11-18"], "2024-11-19"],
  ["latest", ["2024-1-5", "2024-11-18"], "2024-11-18"],
  ["latest", ["2024-11-18T23:00:00-05:00", "2024-11-19T01:00:00Z"], "2024-11-18T23:00:00-05:00"],
  ["latest", [1_700_000_000, "2024-01-01"], "2024-01-01"],
  ["earliest", ["2024-11-18", 1_700_000_000_000], 1_700_000_000_000],
  [
    "union",
    [
      ["a", "b"],
      ["b", "c"],
    ],
    ["a", "b", "c"],
  ],
  ["union", ["sports", "fun"], ["sports", "fun"]],
  ["union", ["sports", "sports"], "sports"],
  ["union", [["a"], "b", null], ["a", "b"]],
  [
    "union",
    [
      [{ a: 1 }, 1, "1"],
      [{ a: 1 }, 1],
    ],
    [{ a: 1 }, 1, "1"],
  ],
  ["union", [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }],
  ["union", [{ a: { x: [1] } }, { a: { x: [2], y: 3 } }], { a: { x: [1, 2], y: 3 } }],
  ["union", [{ lang: "es" }, { lang: "en" }], { lang: "es" }],
  ["collect", ["a,b", "c"], ["a,b", "c"]],
  ["collect", ["chat", "chat"], "chat"],
  ["collect", [["a", "b"], "c", null], ["a", "b", "c"]],
  ["collect", [null, null], null],
  [(values) => values.length, [4, 5, 6], 3],
])("%s of %j is %j", (rule, values, expected) => {
  const [first = null, ...more] = values;
  expect(merge(rule, first, ...more).value).toEqual(expected);
});

describe("values that a rule cannot rank", () => {
  test("take no part and are named", () => {
    expect(merge("max", "high", 0.5)).toEqual({ value: 0.5, odd: [{ input: 0, value: "high" }] });
    expect(merge("max", null, 0.5).odd).toEqual([]);
    expect(merge("latest", "2024", "soon", "2024-01-01").odd).toEqual([
      { input: 0, value: "2024" },
      { input: 1, value: "soon" },
    ]);
  });

  test("leave the first one when there is nothing else", () => {
    expect(merge("max", "high", "low").value).toBe("high");
  });
});

test("numbers kept as their text are compared as numbers", () => {
  const big = parseJson("12345678901234567890");
  expect(merge("max", 0.5, big).value).toBe(big);
});

test("members named like parts of Object are data", () => {
  const hostile: JsonValue = JSON.parse('{"__proto__":{"polluted":1}}');
  const { value } = merge("union", { a: 1 }, hostile);
  expect(JSON.stringify(value)).toBe('{"a":1,"__proto__":{"polluted":1}}');
  expect({}).not.toHaveProperty("polluted");
});

test("refuses unknown rules, and functions that give no JSON", () => {
  expect(() => merge("newest" as MergeRule, 1, 2)).toThrow(/"newest" is unknown/);
  expect(() => merge(() => Number.NaN, 1, 2)).toThrow(/NaN/);
});
