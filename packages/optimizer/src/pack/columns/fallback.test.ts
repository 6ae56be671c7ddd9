import { describe, expect, test } from "vitest";
import type { Value } from "../codecs/codec.ts";
import { canBeDefault, type Fallback, predictor, readFallback, writeFallback } from "./fallback.ts";
import { successor } from "./successor.ts";
import { unpredictable } from "./unpredictable.ts";

const none = "none";

function predictions(
  fallback: Exclude<Fallback, { kind: "cell" }>,
  values: readonly Value[],
  other: readonly Value[] = [],
): unknown[] {
  const { predict, learn } = predictor(fallback, values, other);
  return values.map((_, row) => {
    const value = predict(row);
    learn(row);
    return value === unpredictable ? none : value;
  });
}

describe("what an empty cell means", () => {
  test("the row above, or one further above", () => {
    expect(predictions({ kind: "above", rows: 1 }, [1, 2, null, [3], 4])).toEqual([
      none,
      1,
      2,
      null,
      none,
    ]);
    expect(predictions({ kind: "above", rows: 2 }, ["a", "b", "c"])).toEqual([none, none, "a"]);
  });

  test("another column", () => {
    expect(predictions({ kind: "equal", column: "b" }, [0, 0, 0], ["x", undefined, {}])).toEqual([
      "x",
      undefined,
      none,
    ]);
  });

  test("what stood beside the same value of another column before", () => {
    const prices = [15, 0, 15, 40, 0, 20];
    const plans = ["starter", "free", "starter", "pro", "free", "starter"];
    expect(predictions({ kind: "follow", column: "plan" }, prices, plans)).toEqual([
      none,
      none,
      15,
      none,
      0,
      15,
    ]);
  });

  test("one more than above", () => {
    expect(predictions({ kind: "next" }, ["D1:9", "D1:10", 4, null, "x"])).toEqual([
      none,
      "D1:10",
      "D1:11",
      5,
      none,
    ]);
  });

  test.each([
    ["?x", { kind: "cell", cell: "x" }],
    ["?~", { kind: "cell", cell: "~" }],
    ["?^", { kind: "above", rows: 1 }],
    ["?^12", { kind: "above", rows: 12 }],
    ["?+", { kind: "next" }],
    ["?@a.b", { kind: "equal", column: "a.b" }],
    ["?^@a", { kind: "follow", column: "a" }],
  ] as const)("is stated as %s", (text, fallback) => {
    expect(writeFallback(fallback)).toBe(text);
    expect(readFallback(text.slice(1))).toEqual(fallback);
  });

  test("a cell that would be read as another meaning cannot be a default", () => {
    for (const cell of ["", "^", "^2", "+", "+1", "@a"]) expect(canBeDefault(cell)).toBe(false);
    for (const text of ["", "^0", "^x", "++"]) expect(readFallback(text)).toBeUndefined();
  });
});

describe("successor", () => {
  test.each([
    [1, 2],
    [-1, 0],
    ["fact_00009", "fact_00010"],
    ["a99", "a100"],
    ["D1:3", "D1:4"],
    ["v2-final", "v3-final"],
    ["2025-01-31", "2025-01-32"],
    ["1234567890123456789", "1234567890123456790"],
  ])("of %j is %j", (value, next) => {
    expect(successor(value)).toBe(next);
  });

  test("texts without a number, long texts, fractions and the rest have none", () => {
    const without = ["", "abc", `${"x".repeat(300)}1`, 1.5, Number.MAX_SAFE_INTEGER, null, [1]];
    for (const value of without) expect(successor(value)).toBe(unpredictable);
  });
});
