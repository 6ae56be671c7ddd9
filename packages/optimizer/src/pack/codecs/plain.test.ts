import { describe, expect, test } from "vitest";
import { parseJson } from "../../json/parse-json.ts";
import { innerFormat, rowFormat, throughCodec } from "../fixtures/cell-format.ts";
import { readCell, writeCell } from "../cells/cell.ts";
import { plain } from "./plain.ts";

const codec = plain(rowFormat);

function through(value: unknown, inner = false): string {
  const format = inner ? innerFormat : rowFormat;
  const used = plain(format);
  const cell = writeCell(value as never, undefined, used, format);
  expect(readCell(cell, undefined, used, "native")).toStrictEqual(value);
  return cell;
}

describe("plain cells", () => {
  test.each([
    ["tea", "tea"],
    ["two words ", "two words "],
    ["", '""'],
    ["~", '"~"'],
    ["~a", "~a"],
    ["!a", '"!a"'],
    ["=a", '"=a"'],
    ['"a', '"\\"a"'],
    ['a"b', 'a"b'],
    ["[a", '"[a"'],
    ["{", '"{"'],
    ["12", '"12"'],
    [".5", '".5"'],
    ["-.5e3", '"-.5e3"'],
    ["1.", "1."],
    ["007", "007"],
    ["true", '"true"'],
    ["trues", "trues"],
    ["null", '"null"'],
    ["a\tb\nc\\d", "a\\tb\\nc\\\\d"],
    ["\u0000\ud83d", "\\u0000\\ud83d"],
    ["\ud83d\ude00", "\ud83d\ude00"],
    ["a,b;c", "a,b;c"],
    [12, "12"],
    [-0, "-0"],
    [0.95, ".95"],
    [-0.5, "-.5"],
    [1e21, "1e+21"],
    [5e-324, "5e-324"],
    [true, "true"],
    [null, "null"],
    [["a", 1], '["a",1]'],
    [{}, "{}"],
  ])("%j is written as %s", (value, cell) => {
    expect(through(value)).toBe(cell);
  });

  test.each([
    ["a,b", '"a,b"'],
    ["a;b", '"a;b"'],
    ["a b", "a b"],
    [0.5, ".5"],
  ])("inside a cell, %j is written as %s", (value, cell) => {
    expect(through(value, true)).toBe(cell);
  });

  test("numbers keep their source text where it is asked for", () => {
    const source = plain({ ...rowFormat, numbers: "source" });
    for (const text of ["1.0", "-0.50", "1e21", "12345678901234567890", "0.95"]) {
      const cell = codec.write(parseJson(text), undefined) ?? "";
      expect(JSON.stringify(source.read(cell, undefined))).toBe(text);
      expect(codec.read(cell, undefined)).toBe(Number(text));
    }
  });

  test("bad escapes and bad JSON are refused", () => {
    for (const cell of ["a\\", "a\\q", "\\u12", "[1", "{x}"]) {
      expect(() => codec.read(cell, undefined)).toThrow("no valid JSON");
    }
    expect(throughCodec(codec, 'a\\"b')).toBe('a\\\\"b');
  });
});
