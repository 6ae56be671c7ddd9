import type { JsonValue } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { planColumns } from "./column-plan.ts";
import { layOut } from "./layout.ts";

function columnsOf(records: readonly JsonValue[]): Record<string, unknown> {
  const { leaves, inside } = layOut(records, planColumns(records, true), true);
  return { ...Object.fromEntries(leaves.map(({ name, values }) => [name, values])), inside };
}

describe("records become columns", () => {
  test("in the order of their keys, a new key behind the one before it", () => {
    const columns = columnsOf([
      { a: 1, c: 2 },
      { a: 3, b: 4, c: 5 },
      { z: 0, a: 6 },
    ]);
    expect(Object.keys(columns)).toEqual(["z", "a", "b", "c", "inside"]);
    expect(columns["b"]).toEqual([undefined, 4, undefined]);
  });

  test("keys in another order go to the last column with all that follow", () => {
    expect(
      columnsOf([
        { a: 1, b: 2 },
        { a: 3, b: 4 },
        { b: 5, a: 6, c: 7 },
      ]),
    ).toEqual({
      a: [1, 3, undefined],
      b: [2, 4, 5],
      c: undefined,
      "...": [undefined, undefined, { a: 6, c: 7 }],
      inside: [true, true, true],
    });
  });

  test("nested objects are flattened when nearly all values are objects", () => {
    expect(columnsOf([{ p: { x: 1, y: 2 } }, { p: { x: 3, y: 4 }, q: 1 }, { q: 2 }])).toEqual({
      "p.x": [1, 3, undefined],
      "p.y": [2, 4, undefined],
      q: [undefined, 1, 2],
      inside: [true, true, true],
    });
    expect(columnsOf([{ p: { x: 1 } }, { p: null }])["p"]).toEqual([{ x: 1 }, null]);
    expect(columnsOf([{ p: { x: 1 } }, { p: {} }])["p"]).toEqual([{ x: 1 }, {}]);
  });

  test("an object whose keys are data stays one cell", () => {
    const records = Array.from({ length: 10 }, (_, i) => ({ id: i, by: { [`user${i}`]: i } }));
    expect(Object.keys(columnsOf(records))).toEqual(["id", "by", "inside"]);
  });

  test("a key that few records have gets no column", () => {
    const records: JsonValue[] = Array.from({ length: 100 }, (_, id) => ({ id }));
    records[50] = { id: 50, rare: true };
    const columns = columnsOf(records);
    expect(Object.keys(columns)).toEqual(["id", "...", "inside"]);
  });

  test("what is no object, has no key or starts with a key out of order stays outside", () => {
    const { inside } = columnsOf([{ a: 1, b: 1 }, 7, null, [], {}, { b: 1, a: 1 }]);
    expect(inside).toEqual([true, false, false, false, false, true]);
  });

  test("a nested object in another order counts as a key out of order", () => {
    const records = Array.from({ length: 60 }, (_, i) => ({ id: i, p: { x: i, y: i } }));
    records[7] = { id: 7, p: JSON.parse('{"y":7,"x":7}') };
    expect(columnsOf(records)["..."]).toContainEqual({ p: { y: 7, x: 7 } });
  });
});
