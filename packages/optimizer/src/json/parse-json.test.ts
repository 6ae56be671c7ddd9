import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";
import { writeJson } from "./write-json.ts";

function failure(text: string): unknown {
  try {
    parseJson(text);
  } catch (error) {
    return error;
  }
  throw new Error(`${text} was accepted`);
}

describe("parseJson", () => {
  test.each(["-0", "1e21", "1.0", "12345678901234567890", "1E5", "0.10", "1e400", "-0.0"])(
    "%s prints back as written",
    (source) => {
      expect(JSON.stringify(parseJson(`{"n":[${source}]}`))).toBe(`{"n":[${source}]}`);
    },
  );

  test.each(["0", "-1.5", "1e+21", "5e-324", "9007199254740991"])(
    "%s, which JavaScript prints as written, is a number",
    (source) => {
      expect(parseJson(source)).toBe(Number(source));
    },
  );

  test("in native mode it is JSON.parse", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text, { numbers: "native" })).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("accepts the white space, escapes and keys that JSON has", () => {
    const text =
      ' {\n"a\\u0041\\n" :\t[ true , false,null ],"__proto__":{"x":1},"a":1,"a":2, "":"\\ud83d" }\r\n';
    const value = parseJson(text);
    expect(value).toStrictEqual(JSON.parse(text));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test.each([
    ["", 1, 1],
    ["[1,]", 1, 4],
    ["[1 2]", 1, 4],
    ['{"a" 1}', 1, 6],
    ['{"a":1,}', 1, 8],
    ["{a:1}", 1, 2],
    ['["ab', 1, 5],
    ['["\\q"]', 1, 3],
    ['["\\u12"]', 1, 3],
    ['["a\nb"]', 1, 4],
    ["tru", 1, 1],
    ["01", 1, 2],
    ["+1", 1, 1],
    ["1.", 1, 2],
    ["NaN", 1, 1],
    ["1 2", 1, 3],
    ["[\n\n x]", 3, 2],
    ["[", 1, 2],
    ["]", 1, 1],
    ['{"a":[1}', 1, 8],
  ])("%j fails at line %i, column %i", (text, line, column) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(failure(text)).toMatchObject({ code: "E_INVALID_INPUT", position: { line, column } });
  });

  test("the error's code can be another", () => {
    expect(() => parseJson("[", { code: "E_CORRUPT" })).toThrow(
      expect.objectContaining({ code: "E_CORRUPT" }),
    );
  });

  test("deep nesting costs no stack", () => {
    const deep = '[{"a":'.repeat(50_000) + "1.0" + "}]".repeat(50_000);
    expect(writeJson(parseJson(deep))).toBe(deep);
    expect(failure("[".repeat(50_000))).toMatchObject({ position: { line: 1, column: 50_001 } });
  });

  test("a string of megabytes with an escape at its end", () => {
    const text = JSON.stringify(`${"x".repeat(8_000_000)}${"\n".repeat(100_000)}`);
    expect(parseJson(text)).toBe(JSON.parse(text));
  });

  test("what writeJson writes, it reads as JSON.parse does", () => {
    // Without backslashes, for which JSON.parse may take another key: see `parseJsonText`.
    const stringUnit = fc.constantFrom(...'ab1"/\n\u0000\ud800é😀');
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit }), (value) => {
        const text = writeJson(value as never);
        expect(JSON.parse(text)).toStrictEqual(parseJson(text, { numbers: "native" }));
        expect(JSON.parse(text)).toEqual(value);
      }),
    );
  });
});
