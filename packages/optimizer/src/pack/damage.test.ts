import { isPalimpsestError } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeJson } from "../json/write-json.ts";
import { records } from "./fixtures/json-values.ts";
import { pack } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { unpack } from "./unpack.ts";

const profile = fc.constantFrom<PackProfile>("readable", "dense");

/** A packed text with a table in it. */
const packed = fc
  .tuple(fc.oneof(records, fc.record({ a: fc.constant(1), list: records, more: records })), profile)
  .map(([value, name]) => pack(value, { profile: name }))
  .filter((text) => text.startsWith("#pack1"));

/** Any other error, or one without a position, is thrown on. */
function outcome(text: string): "value" | "refused" {
  try {
    writeJson(unpack(text));
    return "value";
  } catch (error) {
    if (!isPalimpsestError(error, "E_CORRUPT") || error.position === undefined) throw error;
    return "refused";
  }
}

describe("a damaged text", () => {
  test("that was cut is refused, wherever the cut is", () => {
    fc.assert(
      fc.property(packed, fc.nat(), (text, at) => {
        expect(outcome(text.slice(0, at % text.length))).toBe("refused");
      }),
      { numRuns: 3000 },
    );
  });

  test("that lost, gained or swapped characters is refused or another text, but no crash", () => {
    const sign = fc.constantFrom(...'\t\n,;:?=~!"\\[]{}@^+-.#*0123456789ab \r\u0000é\ud83d');
    const change = fc.tuple(fc.nat(), fc.constantFrom("delete", "insert", "replace", "swap"), sign);
    fc.assert(
      fc.property(packed, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        expect(["value", "refused"]).toContain(outcome(changes.reduce(changed, text)));
      }),
      { numRuns: 5000 },
    );
  });

  test("that lost or gained a line is refused", () => {
    fc.assert(
      fc.property(packed, fc.nat(), fc.boolean(), (text, at, twice) => {
        const lines = text.split("\n").slice(0, -1);
        const line = lines[at % lines.length] ?? "";
        lines.splice(at % lines.length, 1, ...(twice ? [line, line] : []));
        expect(outcome(`${lines.join("\n")}\n`)).toBe("refused");
      }),
      { numRuns: 3000 },
    );
  });

  const rows = [
    { id: 1, name: "Ada", tags: ["x", "y"], at: "2025-01-07", lines: [{ a: 1, b: "p" }] },
    { id: 2, name: "Bo", tags: ["z"], at: "2025-03-09", lines: [{ a: 2, b: "q" }] },
    { id: 4, name: "Cy", tags: ["w"], at: "2025-03-11", lines: [{ a: 9, b: "r" }] },
  ];
  const text = [
    "#pack1 3",
    "id\tname\ttags[ ]\tat:2025-MM-DD\tlines[;]{a,b}",
    "1\tAda\tx y\t0107\t1,p",
    "2\tBo\tz\t0309\t2,q",
    "4\tCy\tw\t0311\t9,r",
    "",
  ].join("\n");

  test("undamaged it is read", () => {
    expect(pack(rows)).toBe(text);
    expect(unpack(text)).toStrictEqual(rows);
  });

  test.each([
    ["a cut cell", "2\tBo\tz\t0309\t2,q", "2\tBo\tz\t0309", 4, 12],
    ["an extra cell", "2\tBo\tz\t0309\t2,q", "2\tBo\tz\t0309\t2,q\t", 4, 17],
    ["a lower count", "#pack1 3", "#pack1 2", 5, 1],
    ["a higher count", "#pack1 3", "#pack1 4", 6, 1],
    ["no count", "#pack1 3", "#pack1", 1, 1],
    ["another version", "#pack1 3", "#pack2 3", 1, 1],
    ["a bad escape", "Bo", "B\\o", 4, 3],
    ["a lone backslash", "Bo", "Bo\\", 4, 3],
    ["an open quote", "Bo", '"Bo', 4, 3],
    ["text after a quote", "Bo", '"Bo"x', 4, 3],
    ["an empty cell without a default", "Bo", "", 4, 3],
    ["a row's sign in a cell", "Bo", "!Bo", 4, 3],
    ["bad JSON in a cell", "Bo", "={", 4, 3],
    ["a date of another length", "0309", "309", 4, 8],
    ["a date with a letter", "0309", "03o9", 4, 8],
    ["an empty list element", "x y", "x  y", 3, 7],
    ["a record of too many cells", "2,q", "2,q,r", 4, 13],
    ["a record of too few cells", "2,q", "2", 4, 13],
    ["a bad cell in a record", "9,r", '9,"r', 5, 13],
    ["an unknown codec", "at:2025-MM-DD", "at:2025-MM-DX", 2, 1],
    ["a column twice", "name", "id", 2, 1],
    ["a column without a name", "name", "", 2, 1],
    ["an open brace", "{a,b}", "{a,b", 2, 1],
    ["a reference to no column", "name", "name?@nobody", 2, 1],
    ["text after the last record", "4\tCy\tw\t0311\t9,r\n", "4\tCy\tw\t0311\t9,r\nx\n", 6, 1],
    ["Windows line ends", "\n", "\r\n", 1, 9],
    ["no last line end", "9,r\n", "9,r", 5, 16],
  ])("%s is refused with its place", (_, part, replacement, line, column) => {
    expect(() => unpack(text.replace(part, replacement))).toThrow(
      expect.objectContaining({ code: "E_CORRUPT", position: { line, column } }),
    );
  });

  test("positions count the lines of a legend and of repeated columns", () => {
    const long = pack(rows, { legend: true, repeatHeader: 1 });
    expect(() => unpack(long.replace("Cy\t", ""))).toThrow(
      expect.objectContaining({ position: { line: 8, column: 13 } }),
    );
    expect(() => unpack(long.replace("!!id", "!!ID"))).toThrow("repeated column line differs");
  });
});

function changed(text: string, [place, kind, sign]: [number, string, string]): string {
  const at = place % (text.length + 1);
  if (kind === "insert") return text.slice(0, at) + sign + text.slice(at);
  if (kind === "delete") return text.slice(0, at) + text.slice(at + 1);
  if (kind === "replace") return text.slice(0, at) + sign + text.slice(at + 1);
  return (
    text.slice(0, at) +
    text
      .slice(at, at + 2)
      .split("")
      .toReversed()
      .join("") +
    text.slice(at + 2)
  );
}
