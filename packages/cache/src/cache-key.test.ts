import { PalimpsestError } from "@palimpsest/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cacheKey } from "./cache-key.ts";
import { digestOf, headOf, prefixOf, StoreNames } from "./keys/store-names.ts";

const head = { scope: "acme", prefix: "llm/chat" };

test("the order of members does not matter, everything else does", () => {
  const key = cacheKey({ ...head, parts: [{ a: 1, b: [true, null] }] });
  expect(cacheKey({ ...head, parts: [{ b: [true, null], a: 1 }] })).toBe(key);
  expect(cacheKey({ ...head, parts: [{ a: 1, b: [true, null], c: undefined }] })).toBe(key);
  for (const other of [
    [{ a: 1, b: [null, true] }],
    [{ a: "1", b: [true, null] }],
    [{ a: 1 }, { b: [true, null] }],
    [{ a: 1, b: [true, null] }, null],
  ]) {
    expect(cacheKey({ ...head, parts: other })).not.toBe(key);
  }
});

test("tenants and prefixes have their own keys, whatever characters they use", () => {
  const pairs = [
    ["a", "b/c"],
    ["a:b", "c"],
    ["a", "b:c"],
    ["a/b", "c"],
    ["a%3Ab", "c"],
    ["", "c"],
    ["ü", "c"],
    ["u\u0308", "c"],
  ] as const;
  const keys = pairs.map(([scope, prefix]) => cacheKey({ scope, prefix, parts: [1] }));
  expect(new Set(keys).size).toBe(pairs.length);
  expect(new Set(keys.map(digestOf)).size).toBe(pairs.length);
  expect(new Set(keys.map(headOf)).size).toBe(pairs.length);
  expect(prefixOf(cacheKey({ scope: "a:b", prefix: "llm/ä b", parts: [] }))).toBe("llm/ä b");
});

test("long texts that differ only in what UTF-8 cannot hold have their own keys", () => {
  const long = "x".repeat(300);
  const keys = ["\ud800", "\ud801", "\ufffd", ""].map((end) =>
    cacheKey({ ...head, parts: [long + end] }),
  );
  expect(new Set(keys).size).toBe(4);
});

const leaf = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ minLength: 250, maxLength: 260 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 4 }),
  // Texts that look like the marks of the canonical form.
  fc.constantFrom("@n1", "#x", "$x", "%x", "null", "1", "[]", "{}", ",", '"', "\ud800", "\ufffd"),
);
const input = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, tie("list"), tie("members")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  members: fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 4 }),
})).value;

/** What a key must tell apart: −0 is 0, as in JSON. */
function plain(value: unknown): unknown {
  return JSON.stringify(value, function replace(key, member: unknown) {
    const raw: unknown = this[key];
    if (raw instanceof Date) return ["date", raw.getTime()];
    if (raw instanceof Uint8Array) return ["bytes", [...raw]];
    if (typeof raw === "bigint") return ["bigint", String(raw)];
    if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) {
      return ["members", Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1))];
    }
    return Array.isArray(raw) && key !== "" && !Array.isArray(member) ? raw : member;
  });
}

test("no two different inputs share a key, and equal ones do (property)", () => {
  const parts = fc.array(input, { maxLength: 3 });
  fc.assert(
    fc.property(parts, parts, (one, two) => {
      const same = plain(one) === plain(two);
      expect(cacheKey({ ...head, parts: one }) === cacheKey({ ...head, parts: two })).toBe(same);
      expect(cacheKey({ ...head, parts: structuredClone(one) })).toBe(
        cacheKey({ ...head, parts: one }),
      );
    }),
    { numRuns: 400 },
  );
});

test("what has no stable text is refused with its place", () => {
  const cycle: unknown[] = [];
  cycle.push([cycle]);
  const refused: readonly [unknown, string][] = [
    [{ tools: [{ execute: () => 1 }] }, "tools.0.execute"],
    [{ at: Number.NaN }, "at"],
    [new Map(), "Map"],
    [[undefined], "0"],
    [Symbol("x"), "symbol"],
    [new Date(Number.NaN), "Date"],
    [cycle, "cycle"],
  ];
  for (const [part, place] of refused) {
    const attempt = (): unknown => cacheKey({ ...head, parts: [part] });
    expect(attempt).toThrow(PalimpsestError);
    expect(attempt).toThrow(place);
    // The failure leaves nothing behind that the next key would see.
    expect(cacheKey({ ...head, parts: [1] })).toBe(cacheKey({ ...head, parts: [1] }));
  }
});

test("malformed tenants and prefixes are refused", () => {
  for (const prefix of ["", "/", "a/", "/a", "a//b", "\ud800", "x".repeat(513)]) {
    expect(() => cacheKey({ scope: "a", prefix, parts: [] })).toThrow(PalimpsestError);
  }
  for (const scope of ["\ud800", "a\0", "x".repeat(513), undefined as never]) {
    expect(() => cacheKey({ scope, prefix: "a", parts: [] })).toThrow(PalimpsestError);
  }
});

test("names in the store are ASCII of at most 512 bytes, for the longest keys too", () => {
  const names = new StoreNames("cache");
  const long = { scope: "ü".repeat(200), prefix: "ä/".repeat(150).slice(0, -1) };
  const [one, two] = [1, 2].map((part) => cacheKey({ ...long, parts: [part] }));
  for (const name of [names.value(one!), names.slot(one!), names.stamp(`p:${headOf(one!)}`)]) {
    expect(name.length).toBeLessThanOrEqual(512);
    expect(name).toMatch(/^[\x21-\x7e]+$/);
  }
  expect(names.value(one!)).not.toBe(names.value(two!));
  expect(() => new StoreNames("a b")).toThrow("namespace");
});
