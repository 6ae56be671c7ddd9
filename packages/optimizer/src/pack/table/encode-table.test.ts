import type { JsonObject, JsonValue } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../json/parse-json.ts";
import { writeJson } from "../../json/write-json.ts";
import { pack } from "../pack.ts";
import { unpack } from "../unpack.ts";

/** Packs, reads back in both number modes, and returns the column line. */
function header(records: readonly JsonValue[]): string {
  const text = pack(records, { profile: "dense" });
  expect(writeJson(unpack(text, { numbers: "source" }))).toBe(writeJson(records));
  expect(unpack(text)).toStrictEqual(JSON.parse(writeJson(records)));
  return text.split("\n")[1] ?? "";
}

function rows<T>(count: number, record: (row: number) => T): T[] {
  return Array.from({ length: count }, (_, row) => record(row));
}

describe("columns without cells", () => {
  test("are no more than a reader accepts", () => {
    const constants = Object.fromEntries(rows(250, (i) => [`c${i}`, "x"]));
    expect(header(rows(3, () => constants)).match(/=x/g)).toHaveLength(250);
    const many = header(rows(1000, () => ({ a: { b: { c: 1 } }, ...constants })));
    expect(many.match(/=x/g)).toHaveLength(32 - 3);
    const list = "=[1,2,3,4,5,6,7,8,9,10]";
    const lists = (count: number) =>
      header(
        rows(count, (id) => ({
          id,
          a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
          b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
          c: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        })),
      );
    expect(lists(10)).toBe(`id=0+\ta${list}\tb${list}\tc${list}`);
    expect(lists(1000)).toBe(`id=0+\ta${list}\tb${list}\tc[ ]?1 2 3 4 5 6 7 8 9 10`);
  });
});

function above(row: number): number {
  return 10_000_000 + 37 * row;
}

describe("numbers relative to the row above", () => {
  test("are differences", () => {
    expect(header(rows(30, (row) => ({ n: above(row) })))).toBe("n:-^?37");
  });

  test("are not when one of them would be read as another number", () => {
    for (const odd of ["10000000.0", "-0"]) {
      const records = rows(30, (row) => ({ n: row === 9 ? parseJson(odd) : above(row) }));
      expect(header(records)).not.toContain("-^");
    }
    const minusZero = rows(30, (row) => ({ n: row === 9 ? -0 : above(row) }));
    expect(header(minusZero)).not.toContain("-^");
  });
});

describe("columns that refer to others", () => {
  test("are never referred to by a later column", () => {
    const records = rows(40, (row) => {
      const a = `word${row * 7}`;
      const b = row % 4 === 0 ? `other${row}` : a;
      return { a, b, c: b };
    });
    expect(header(records)).toBe("a:word*\tb?@a\tc?@a");
  });

  test("never refer when an earlier column refers to them", () => {
    const kinds = ["health and sport", "work and career", "family and friends"];
    const keys = ["running in the park", "a new office", "her mother's garden"];
    const people = ["Ada Lovelace", "Grace Hopper", "Mary Somerville", "Ida Rhodes", "Jo", "Al"];
    const records = rows(60, (row) => {
      const person = ((row + 3) ** 3 % 61) % 6;
      return {
        kind: kinds[person % 3],
        key: keys[person % 3],
        person: people[person],
      } as JsonObject;
    });
    expect(header(records)).toMatch(/^kind\?\^@key\tkey(?!\?\^?@)/);
  });
});

describe("cells with a table of their own", () => {
  test("hold scalars in one order of keys; any other cell is JSON", () => {
    const records: JsonValue[] = rows(12, (row) => ({ id: row, items: [{ a: row, b: "x" }] }));
    records[3] = { id: 3, items: [{ a: 3, b: "y" }, JSON.parse('{"b":"z","a":4}') as JsonValue] };
    records[4] = { id: 4, items: [{ a: 4, b: ["y"] }] };
    records[5] = { id: 5, items: [] };
    records[6] = { id: 6, items: "none" };
    records[7] = { id: 7 };
    const text = pack(records);
    expect(text).toContain(
      '\n3\t==[{"a":3,"b":"y"},{"b":"z","a":4}]\n4\t==[{"a":4,"b":["y"]}]\n5\t==[]\n',
    );
    expect(text).toContain('\n6\t=="none"\n7\t~\n');
    expect(header(records)).toContain("items[;]{a");
  });

  test("have a cell where all records are the same, but not their number", () => {
    const same = rows(12, (row) => ({ two: rows(1 + (row % 3), () => ({ k: 1 })) }));
    expect(header(same)).toBe("two[;]{k}");
  });

  test("of one object each, where some are null", () => {
    const records = rows(12, (row) => ({
      id: row,
      by: row % 3 ? null : { name: `n${row}`, age: row },
    }));
    expect(header(records)).toContain("by{name");
  });

  test("may have names that need quotes, to which nothing refers", () => {
    const records = rows(12, (row) => ({
      items: [{ "a,b": `long text ${row * row}`, "c}": `long text ${row * row}` }],
    }));
    expect(header(records)).toContain('items[;]{"a,b"');
  });

  test("of a single column never look empty or missing", () => {
    const gaps = rows(12, (row) => ({ one: row % 2 ? [{ k: "k", v: "same" }] : [{ k: "k" }] }));
    expect(header(gaps)).toBe("one[;]{k,v}");
    const words = rows(12, (row) => ({ one: [{ k: ["", "~", "same", "same"][row % 4] ?? "" }] }));
    expect(header(words)).toBe("one[;]{k}");
    expect(header(rows(12, (row) => ({ one: [{ k: row }, { k: row }] })))).toBe("one[;]{k}");
    expect(header(rows(12, () => ({ one: { k: 1 }, two: [{ k: 1 }] })))).toBe(
      'one.k=1\ttwo=[{"k":1}]',
    );
  });

  test.each([
    ["two records where one belongs", "a{b,c}", "1,2;3,4", "more than one record"],
    ["a default that would be copied", "a{b,c}?1,2", "1,2", "cannot have this default"],
    ["no column with cells", "a[;]{b=1}", "x", "has no cells"],
    ["an empty cell without a default", "a{b,c}", "", "no default"],
    ["a table in the table", "a{b{c}}", "1", "is missing after the columns"],
  ])("with %s are refused", (_, columns, cell, message) => {
    expect(() => unpack(`#pack1 1\n${columns}\n${cell}\n`)).toThrow(message);
  });
});

function deep(row: number): JsonValue {
  return parseJson(`{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":${row}}}}}}}}}`);
}

describe("dotted columns", () => {
  test.each(["a.x\tb\ta.y", "a\ta.x\tb", "a.x\ta\tb", "a.x\ta.x\tb", "a.b.x\ta.c\ta.b.y"])(
    "%j claim a place twice",
    (columns) => {
      expect(() => unpack(`#pack1 1\n${columns}\n1\t2\t3\n`)).toThrow("two columns have the key");
    },
  );

  test("stay within the depth that a reader accepts", () => {
    expect(header(rows(5, deep))).toMatch(/^a\.b\.c\.d\.e/);
    const inside = { a: { b: { c: { d: { e: { f: { g: rows(5, (row) => ({ row })) } } } } } } };
    expect(unpack(pack(inside))).toStrictEqual(inside);
  });
});

test("keys beyond the columns' limit go to the last column", () => {
  const wide = (row: number) => Object.fromEntries(rows(450, (i) => [`k${i}`, row * i]));
  expect(header(rows(3, wide)).split("\t").at(-1)).toMatch(/^\.\.\./);
});
