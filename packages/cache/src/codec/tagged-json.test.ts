import { expect, test } from "vitest";
import { decodeTagged, encodeTagged, isJson } from "./tagged-json.ts";

test("what JSON alone keeps is told from what it would change", () => {
  expect(isJson({ a: [1, "x", null], b: undefined })).toBe(true);
  for (const value of [[undefined], { a: -0 }, [Number.NaN], { $cache: 1 }, [new Date(0)], 1n]) {
    expect(isJson(value)).toBe(false);
  }
  expect(encodeTagged({ a: [1, "x", null], b: undefined })).toBe('{"a":[1,"x",null]}');
});

test("what JSON would change is kept", () => {
  const value = [
    Number.NaN,
    -0,
    Infinity,
    undefined,
    10n,
    new URL("https://a.example/"),
    new Date(5),
  ];
  expect(decodeTagged(encodeTagged(value))).toEqual(value);
  expect(decodeTagged(encodeTagged({ at: new Date(Number.NaN) }))).toEqual({
    at: new Date(Number.NaN),
  });
});

test("an object without a prototype comes back without one", () => {
  const bare = Object.assign(Object.create(null) as object, { a: [1], $cache: "undefined" });
  expect(isJson(bare)).toBe(false);
  const read = decodeTagged(encodeTagged({ bare })) as { bare: object };
  expect(Object.getPrototypeOf(read.bare)).toBeNull();
  expect({ ...read.bare }).toEqual({ ...bare });
});

test("an object that looks like a mark stays an object", () => {
  const value = { $cache: ["date", "5"], other: { $cache: "undefined" } };
  expect(decodeTagged(encodeTagged(value))).toEqual(value);
});

test("an unknown mark is refused", () => {
  for (const text of [
    '{"$cache":["map","x"]}',
    '{"$cache":1}',
    '[{"$cache":["float32","AAA="]}]',
  ]) {
    expect(() => decodeTagged(text)).toThrow("a cached");
  }
});

test("own members called toJSON or __proto__ do no harm", () => {
  expect(() => encodeTagged({ toJSON: () => "x" })).toThrow("function");
  const value = JSON.parse('{"__proto__":{"polluted":true}}') as object;
  const read = decodeTagged(encodeTagged([value, 1n])) as [object];
  expect(Object.getPrototypeOf(read[0])).toBe(Object.prototype);
  expect(read[0]).toEqual(value);
});
