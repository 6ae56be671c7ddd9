import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonText } from "./json-text.ts";

describe("parseJsonText", () => {
  // JSON.parse of Node 24 and 26 reads the second key of a pair as the first.
  test.each([
    ["\\", "\n"],
    ["\\", '"'],
    ["\\", "\ud800"],
    ["\\n", "\n\n"],
    ["ab\\", "ab\n"],
  ])("after %j, the key %j is read as written", (before, key) => {
    const text = (name: string) => JSON.stringify([{ [`before ${key}`]: "\\", [name]: 1 }]);
    for (const read of [JSON.parse, parseJsonText]) read(text(before));
    expect(JSON.stringify(parseJsonText(text(key)))).toBe(text(key));
    expect(parseJsonText(`{${JSON.stringify(key)} \n: 2}`)).toStrictEqual({ [key]: 2 });
  });

  test("a reviver gets the keys as written, and its values are taken", () => {
    const text = String.raw`{"a":1,"\n":[2.50],"b":{"\"":3}}`;
    const sources: [string, string | undefined][] = [];
    const value = parseJsonText(text, (key, number, context) => {
      if (typeof number !== "number") return number;
      sources.push([key, context?.source]);
      return context?.source;
    });
    expect(value).toStrictEqual({ a: "1", "\n": ["2.50"], b: { '"': "3" } });
    expect(sources.slice(-3)).toStrictEqual([
      ["a", "1"],
      ["0", "2.50"],
      ['"', "3"],
    ]);
  });

  test("any keys come back, in their order (property)", () => {
    const letters = fc.constantFrom("\\", '"', "\n", "\u0080", "\ud800", "a", "n", "0", ":", "é");
    const key = fc.oneof(fc.string({ unit: letters, maxLength: 4 }), fc.constant("__proto__"));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 0 }),
        key,
        fc.array(tie("tree"), { maxLength: 4 }),
        // Of entries, because an object under construction would take `__proto__` for its prototype.
        fc.array(fc.tuple(key, tie("tree")), { maxLength: 4 }).map(Object.fromEntries),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(JSON.stringify(parseJsonText(text), undefined, space)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [
      String.raw`{"a":1,"\u0061":2,"b":3}`,
      [
        ["a", 2],
        ["b", 3],
      ],
    ],
    [
      String.raw`{"\u0061":1,"b":2,"a":3}`,
      [
        ["a", 3],
        ["b", 2],
      ],
    ],
    [String.raw`{"a":1,"\u0061":2,"a":3}`, [["a", 3]]],
    [
      String.raw`{"\n":1,"b":2,"\u000a":3}`,
      [
        ["\n", 3],
        ["b", 2],
      ],
    ],
    [
      String.raw`{"b":1,"\n":2,"\u0031":3}`,
      [
        ["1", 3],
        ["b", 1],
        ["\n", 2],
      ],
    ],
    [String.raw`{"\u005f_proto__":{"\n":1}}`, [["__proto__", { "\n": 1 }]]],
    [
      '{"\u00800":1,"\\n":2}',
      [
        ["\u00800", 1],
        ["\n", 2],
      ],
    ],
    [
      String.raw`{"\u00800":1,"\u00801\n":2}`,
      [
        ["\u00800", 1],
        ["\u00801\n", 2],
      ],
    ],
  ])("%s: one key has many spellings, and its last value counts", (text, entries) => {
    expect(Object.entries(parseJsonText(text) as object)).toStrictEqual(entries);
  });

  test("nesting that calls would not survive", () => {
    const text = `${'{"\\n":['.repeat(50_000)}${"]}".repeat(50_000)}`;
    let depth = 0;
    let value = parseJsonText(text) as { "\n": never[] } | undefined;
    for (; value !== undefined; value = value["\n"][0]) depth++;
    expect(depth).toBe(50_000);
  });

  test("what is no JSON fails as it does in JSON.parse (property)", () => {
    const pieces = fc.constantFrom('"', "\\", ":", ",", "{", "}", "[", "]", "1", "\\n", "\\u0031");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const text = `{"a":${parts.join("")}}`;
        expect(outcome(() => parseJsonText(text))).toEqual(outcome(() => JSON.parse(text)));
      }),
      { numRuns: 5_000 },
    );
    expect(() => parseJsonText(String.raw`{"S":\u0031,":2":3}`)).toThrow(SyntaxError);
  });
});

function outcome(read: () => unknown): unknown {
  try {
    // Its keys may be misread, so of a value this says only that there is one.
    return typeof read();
  } catch (error) {
    return error;
  }
}
