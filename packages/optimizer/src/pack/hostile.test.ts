import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { writeJson } from "../json/write-json.ts";
import { pack } from "./pack.ts";
import { unpack } from "./unpack.ts";

const corrupt: unknown = expect.objectContaining({ code: "E_CORRUPT" });

describe("hostile texts", () => {
  test("keys of the prototype are data", () => {
    const rows = parseJson(
      '[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}},{"__proto__":{"polluted":3},"constructor":{"prototype":{"polluted":4}}}]',
    );
    for (const value of [rows, { map: { __proto__: null, a: rows } }, { ["__proto__"]: rows }]) {
      for (const profile of ["readable", "dense"] as const) {
        const back = unpack(pack(value, { profile }));
        expect(writeJson(back)).toBe(JSON.stringify(value));
      }
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const flags = unpack("#pack1 1\n@key\ton\n__proto__\ttrue\n");
    expect(Object.keys(flags as object)).toEqual(["__proto__"]);
  });

  test("a huge count allocates nothing", () => {
    expect(() => unpack("#pack1 999999999999999\na=1\n\n\n")).toThrow(corrupt);
    expect(() => unpack("#pack1 9999999999999999\na\n1\n")).toThrow(corrupt);
  });

  test("no column repeats a long value, and few columns repeat at all", () => {
    expect(bare(constants(32), 1000)).toHaveLength(1000);
    expect(bare(constants(200), 100)).toHaveLength(100);
    expect(() => bare(constants(33), 1000)).toThrow("more than 32 values");
    expect(() => bare(constants(201), 100)).toThrow("more than 200 values");
    expect(() => bare(["a.b.c.d.e.f=1", ...constants(27)], 1000)).toThrow("more than 32 values");
    expect(() => bare([`a=[${"0,".repeat(31)}0]`], 1000)).toThrow("more than 32 values");
    const inner = `a[;]{${constants(33).join(",")},x}`;
    expect(() => unpack(`#pack1 1\n${inner}\n${"1;".repeat(999)}1\n`)).toThrow("more than 32");

    const long = JSON.stringify(Array.from({ length: 200 }, () => "x"));
    expect(() => unpack(`#pack1 2\na=${long}\n\n\n`)).toThrow("too long");
    expect(() => unpack(`#pack1 2\na?${long}\tb\n\t1\n\t1\n`)).toThrow("too long");
    expect(() => unpack(`#pack1 2\na[ ]?${"x ".repeat(200)}x\tb\n\t1\n\t1\n`)).toThrow("too long");
    expect(() => unpack(`#pack1 2\na[ ]?${"x ".repeat(20)}x\tb\n\t1\n\t1\n`)).toThrow("too long");
    expect(() => unpack(`#pack1 2\na?${"x".repeat(201)}\tb\n\t1\n\t1\n`)).toThrow("too long");
    expect(() => unpack(`#pack1 2\na:-^?=[${"0,".repeat(20)}0]\tb\n\t1\n\t1\n`)).toThrow(
      "too long",
    );
    expect(() => unpack(`#pack1 1\n${"a.".repeat(6)}a\n1\n`)).toThrow("longer than 6 keys");
    expect(() => unpack("#pack1 2\na\tb?@a\n[1]\t\n1\t\n")).toThrow("no value to repeat");
    expect(() => unpack(`#pack1 2\na?+\n${"x".repeat(300)}1\n\n`)).toThrow("no value to repeat");
    expect(() => unpack(`#pack1 1\na:${"x".repeat(300)}*\n1\n`)).toThrow("is not known");
  });

  test("messages show little of the text", () => {
    const long = "#".repeat(100_000);
    const key = JSON.stringify(long);
    for (const text of [
      `#pack1 1\na:${long}x*\n1\n`,
      `#pack1 1\na?@${long}\n\n`,
      `#pack1 1\n${key}\t${key}\n1\t1\n`,
      `#pack1 2\n@key\ta\n${long}\t1\n${long}\t1\n`,
      `#pack1 1\n${key}\t...\n1\t{${key}:1}\n`,
    ]) {
      expect(() => unpack(text)).toThrow(/^.{80,250}$/);
    }
    expect(() => pack({ [long]: undefined })).toThrow(/^.{80,250}$/);
  });

  test("columns cannot refer to each other in a circle, nor to one that refers", () => {
    expect(() => unpack("#pack1 1\na?@b\tb?@a\n\t\n")).toThrow("no column b to refer to");
    expect(() => unpack("#pack1 1\na?@a\n\n")).toThrow("no column a to refer to");
    expect(() => unpack("#pack1 1\na\tb?@a\tc?@b\n1\t\t\n")).toThrow("no column b to refer to");
  });

  test("maps refuse a key that occurs twice or is none", () => {
    expect(() => unpack("#pack1 2\n@key\ta\nx\t1\nx\t2\n")).toThrow("occurs twice");
    expect(() => unpack("#pack1 1\n@key\ta\n7\t1\n")).toThrow("no string");
    expect(() => unpack('#pack1 1\n@key\ta\n!["x"]\n')).toThrow("a pair of key and value");
    expect(() => unpack("#pack1 1\na\t@key\n1\tx\n")).toThrow("not the first column");
    expect(() => unpack("#pack1 1\n...\ta\n{}\t1\n")).toThrow("not the last column");
    expect(() => unpack('#pack1 1\na\t...\n1\t{"a":2}\n')).toThrow("occurs twice");
    expect(() => unpack("#pack1 1\na\t...\n1\t[]\n")).toThrow("no object");
    expect(() => unpack("#pack1 1\na\t...\n1\t=1.0\n", { numbers: "source" })).toThrow("no object");
  });

  test("a document's tables need a free place each", () => {
    const table = "a\tb\n1\tx\n2\ty\n";
    expect(unpack(`#pack1 {"t":null}\n@t 2\n${table}`)).toEqual({
      t: [
        { a: 1, b: "x" },
        { a: 2, b: "y" },
      ],
    });
    for (const text of [
      `#pack1 {"t":1}\n@t 2\n${table}`,
      `#pack1 {"t":null}\n@u 2\n${table}`,
      `#pack1 {"t":null}\n@t.u 2\n${table}`,
      `#pack1 {"t":null}\n@t 2+\n${table}@t 2\n${table}`,
      `#pack1 {"t":null}\n@t 2+\n${table}`,
      `#pack1 {"t":null}\n@__proto__ 2\n${table}`,
      `#pack1 {"t":null}\n@__proto__.__proto__ 2\n${table}`,
      `#pack1 {"t":null}\n@t two\n${table}`,
      `#pack1 {"t":null}\n@"t 2\n${table}`,
      `#pack1 {"t":null}\nt 2\n${table}`,
      `#pack1 {"t":null\n@t 2\n${table}`,
      '#pack1 {"t":null}\n',
    ]) {
      expect(() => unpack(text)).toThrow(corrupt);
    }
  });

  test("nesting of 20,000 and lone surrogates survive", () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    const objects = '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000);
    expect(pack(parseJson(objects))).toBe(objects);
    const rows = Array.from({ length: 4 }, (_, id) => ({ id, deep: parseJson(deep), s: "\ud83d" }));
    for (const profile of ["readable", "dense", "minified"] as const) {
      const text = pack(rows, { profile });
      expect(text.isWellFormed()).toBe(true);
      expect(writeJson(unpack(text))).toBe(writeJson(rows));
    }
  });

  test("50 MB", () => {
    const rows = Array.from({ length: 130_000 }, (_, id) => ({
      id,
      name: `person ${id % 977}`,
      text: `${"lorem ipsum dolor sit amet ".repeat(12)}${id}`,
    }));
    const text = pack(rows);
    expect(JSON.stringify(rows).length).toBeGreaterThan(47_000_000);
    expect(JSON.stringify(unpack(text))).toBe(JSON.stringify(rows));
  });

  test("the work grows with the length: cells that look like the start of something", () => {
    const size = 300_000;
    for (const cell of ['"'.repeat(size), "\\".repeat(size), "[".repeat(size), "1".repeat(size)]) {
      expect(() => unpack(`#pack1 2\na\n${cell}\n`)).toThrow(corrupt);
    }
    const columns = Array.from({ length: 20_000 }, (_, i) => `c${i}`).join("\t");
    const cells = Array.from({ length: 20_000 }, () => "1").join("\t");
    expect(
      Object.keys((unpack(`#pack1 1\n${columns}\n${cells}\n`) as object[])[0] ?? {}),
    ).toHaveLength(20_000);
  });
});

function constants(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `c${i}=1`);
}

/** A table of records without cells. */
function bare(columns: readonly string[], rows: number): unknown {
  return unpack(`#pack1 ${rows}\n${columns.join("\t")}\n${"\n".repeat(rows)}`);
}
