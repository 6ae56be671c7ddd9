import { describe, expect, test } from "vitest";
import { innerFormat, rowFormat } from "../fixtures/cell-format.ts";
import { readName, writeName } from "./name.ts";
import { readColumn } from "./read-column.ts";
import { writeColumn } from "./write-column.ts";

const formats = { row: rowFormat, inner: innerFormat };

describe("columns in a header", () => {
  test.each([
    "id",
    "a.b.c",
    '"a.b"."c d"',
    '""',
    "user=maya",
    "id=1+",
    'id="fact_1+"',
    'id="fact_1"+',
    "a={}",
    "zip:text",
    "id:fact_#####",
    "mail:*@example.org?info",
    'link:"https://x.org/?id=*"?7',
    "price:/100?95",
    "n:-^?1",
    "at:2025-MM-DDThh:mm:00Z",
    "at:YYYY-MM-DD-^",
    "at:YYYY-MM-DD-@created?0",
    "at?@created",
    "b?^@a",
    "c?^3",
    "d?+",
    "e?~",
    "tags[ ]?a b",
    "tags[;]",
    "items[;]{sku:SKU-*,n?1,u=2,at:2025-MM-DD?^}?~",
    "plan{name,price?^@name}?==null",
    "@key:flag_*",
    "...?~",
  ])("%s is written as it is read", (text) => {
    expect(writeColumn(readColumn(text, formats))).toBe(text);
  });

  test.each([
    "",
    "?x",
    ".a",
    "a..b",
    "a b",
    '"a',
    "a:",
    "a:unknown",
    "a:/7",
    "a:/10000000",
    "a:#",
    "a:2025-01-07",
    "a:2025-MM-DD-^",
    "a?",
    "a?^0",
    "a[*]",
    "a[ ]x",
    "a{}",
    "a{b",
    "a{b}c",
    "a{b[ ]}",
    "a{b{c}}",
    'a:"x*',
    "a.b.c.d.e.f.g",
  ])("%j is refused", (text) => {
    expect(() => readColumn(text, formats)).toThrow(/./);
  });
});

test.each([
  [["a"], "a"],
  [["a", "b"], "a.b"],
  [["a.b", ""], '"a.b".""'],
  [["naïve", "日本", "x-y/z$"], "naïve.日本.x-y/z$"],
  [['"', "\t", "\ud83d"], '"\\""."\\t"."\\ud83d"'],
  [["@key", "..."], '"@key"."..."'],
])("the path %j is named %s", (path, name) => {
  expect(writeName(path)).toBe(name);
  expect(readName(name, 0)).toEqual({ path, end: name.length });
});
