import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson } from "../pack/fixtures/json-values.ts";
import { parseNative } from "./parse-native.ts";
import { writeJson } from "./write-json.ts";
import type { JsonValue } from "@palimpsest/core";

test("keys with escapes are read as written, whatever was read before", () => {
  // JSON.parse of Node 26 reads the second key of a pair as the first.
  for (const [before, key] of [
    ["\\", "\n"],
    ["\\", '"'],
    ["\\", "\ud800"],
    ["\\n", "\n\n"],
    ["ab\\", "ab\n"],
  ] as const) {
    const text = (name: string) => JSON.stringify([{ ["before " + key]: "\\", [name]: 1 }]);
    parseNative(text(before));
    JSON.parse(text(before));
    expect(Object.keys((parseNative(text(key)) as object[])[0] ?? {})[1]).toBe(key);
    expect(parseNative(`{${JSON.stringify(key)} \n: 2}`)).toStrictEqual({ [key]: 2 });
  }
});

test("any JSON value", () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = writeJson(value as JsonValue);
      expect(writeJson(parseNative(text))).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

test.each(['{"a', '"\\', '{"\\n":', "\\", '{"\\":1}', '["\\n"}'])("%s is no JSON", (text) => {
  expect(() => parseNative(text)).toThrow(/JSON/);
});
