import { describe, expect, test } from "vitest";
import { checkJson } from "./check-json.ts";
import { parseJson } from "./parse-json.ts";

const cyclic: { a: unknown[] } = { a: [] };
cyclic.a.push({ back: cyclic });

class Point {
  x = 1;
}

const shared = { x: 1 };

/** As many keys as elements, yet the second element is missing. */
function withHole(): unknown[] {
  return Object.assign(Array(2), { 0: 1, x: 1 });
}

describe("checkJson", () => {
  test.each([
    ["a cycle", cyclic, 'value["a"][0]["back"] contains itself'],
    ["undefined", undefined, "value is undefined"],
    ["an undefined member", { a: undefined }, 'value["a"] is undefined'],
    ["a hole", Array.from([1, 2]).concat(Array(1)), "value is an array with holes"],
    ["a named member of an array", Object.assign([1], { x: 1 }), "named members"],
    ["a named member that makes up for a hole", withHole(), "value is an array with holes"],
    ["a symbol key of an array", Object.assign([1], { [Symbol("s")]: 1 }), "named members"],
    ["BigInt", { a: [1n] }, 'value["a"][0] is a BigInt; pass JSON.rawJSON'],
    ["a function", () => 1, "value is a function"],
    ["a method", { toJSON: () => 1 }, 'value["toJSON"] is a function'],
    ["a symbol", [Symbol("s")], "value[0] is a symbol"],
    ["a symbol key", { [Symbol("s")]: 1 }, "value has symbol keys"],
    ["NaN", { "a b": Number.NaN }, 'value["a b"] is NaN'],
    ["Infinity", -Infinity, "value is -Infinity"],
    ["an error", new Error("x"), "value is an Error"],
    ["a date", [new Date(0)], "value[0] is a Date"],
    ["a map", new Map(), "value is a Map"],
    ["a set", new Set(), "value is a Set"],
    ["a boxed number", Object(1), "value is a Number"],
    ["an instance of a class", new Point(), "value is a Point"],
    ["a buffer", new Uint8Array(1), "value is a Uint8Array"],
    ["raw JSON of a string", parseRaw('"a"'), "JSON.rawJSON of no number"],
  ])("refuses %s and names its place", (_, value, message) => {
    expect(() => checkJson(value)).toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test.each([
    ["scalars", ["", "\ud83d", 0, 1.5, true, null]],
    ["an object without a prototype", Object.create(null)],
    ["the same object twice", [shared, shared]],
    ["keys of the prototype", JSON.parse('{"__proto__":1,"constructor":2}')],
    ["toJSON as data", { toJSON: "x" }],
    ["a raw number", parseJson("[1.0]")],
  ])("accepts %s", (_, value) => {
    expect(checkJson(value)).toEqual({ plain: true });
  });

  test.each([
    ["−0", [{ a: -0 }]],
    ["nesting that JSON.stringify might not survive", parseJson("[".repeat(9e4) + "]".repeat(9e4))],
  ])("tells %s", (_, value) => {
    expect(checkJson(value)).toEqual({ plain: false });
  });

  test("finds what is wrong at any depth, and names a long path by its ends", () => {
    let value: unknown = 1n;
    for (let i = 0; i < 20_000; i++) value = { a: value };
    expect(() => checkJson(value)).toThrow(/^value(\["a"\]){8}…\(19984 more\)…(\["a"\]){8} is a B/);
  });

  test("the same object twice is no cycle at any depth", () => {
    const deep = parseJson("[".repeat(500) + "]".repeat(500));
    expect(checkJson([deep, deep])).toEqual({ plain: false });
  });

  test("the caller names the value", () => {
    expect(() => checkJson([1n], "records[7]")).toThrow("records[7][0] is a BigInt");
  });
});

function parseRaw(text: string): unknown {
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(text);
}
