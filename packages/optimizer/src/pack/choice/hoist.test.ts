import { expect, test } from "vitest";
import { parseJson } from "../../json/parse-json.ts";
import type { Value } from "../codecs/codec.ts";
import { innerFormat, rowFormat } from "../fixtures/cell-format.ts";
import { hoist } from "./hoist.ts";
import { leafFacts } from "./leaf.ts";

function stated(values: readonly Value[], counting = true, format = rowFormat): string | undefined {
  const column = hoist({ name: "a", path: ["a"], values }, leafFacts(values), format, counting);
  return column && `${column.cell}${column.counts ? "+" : ""}`;
}

test.each([
  [["x", "x"], "x"],
  [[0.5, 0.5], ".5"],
  [["12", "12"], '"12"'],
  [[null], "null"],
  [[-0, -0], "-0"],
  [[[], []], "[]"],
  [[{ a: [1] }, { a: [1] }], '{"a":[1]}'],
  [[parseJson("1.0"), parseJson("1.0")], "1.0"],
  [[1, 2, 3], "1+"],
  [["f_09", "f_10", "f_11"], "f_09+"],
])("%j is %s in every record", (values, cell) => {
  expect(stated(values)).toBe(cell);
});

test.each([
  [["x", "y"]],
  [["x", undefined]],
  [[undefined, "x"]],
  [[0, -0]],
  [[1, "1"]],
  [[[1], [2]]],
  [[{}, []]],
  [[parseJson("1.0"), 1]],
  [[parseJson("1.0"), parseJson("1.00")]],
  [[["x".repeat(300)], ["x".repeat(300)]]],
  [[1, 2]],
  [[1, 2, 4]],
  [["x+", "x+"]],
])("%j has cells", (values) => {
  expect(stated(values)).toBeUndefined();
});

test("only the dense profile counts, and signs of the header stay out of a cell's table", () => {
  expect(stated([1, 2, 3], false)).toBeUndefined();
  expect(stated(["a}", "a}"], true, innerFormat)).toBeUndefined();
  expect(stated(["a}", "a}"])).toBe("a}");
});
