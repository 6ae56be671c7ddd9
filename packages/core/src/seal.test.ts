import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject, JsonValue } from "./json.ts";
import {
  addDigests,
  canonicalJson,
  describeKey,
  sealDocument,
  sealTombstone,
  verifyDigest,
} from "./seal.ts";

const document = { scope: "s", id: "a", text: "née", metadata: { b: 1, a: [-0] }, timestamp: -0 };

test("keys are in UTF-16 order, as in the example of RFC 8785", () => {
  const object = JSON.parse(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew","1":"One",' +
      '"\\ud83d\\ude00":"Emoji","\\u0080":"Control","\\u00f6":"Latin"}',
  ) as JsonObject;
  expect(canonicalJson(object)).toBe(
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin","€":"Euro Sign",' +
      '"😀":"Emoji","\ufb33":"Hebrew"}',
  );
});

test.each([
  [
    "[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]",
    "[333333333.3333333,1e+30,4.5,0.002,1e-27]",
  ],
  ["[-0,1e21,1e-7,9007199254740993,5e-324]", "[0,1e+21,1e-7,9007199254740992,5e-324]"],
  [
    '"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"',
    '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"',
  ],
  ['{"a":{"c":null,"b":[true,false,{}]},"":[]}', '{"":[],"a":{"b":[true,false,{}],"c":null}}'],
])("%s in canonical form", (input, expected) => {
  expect(canonicalJson(JSON.parse(input) as JsonValue)).toBe(expected);
});

test("canonical JSON means the same and does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const json = JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")) as JsonValue;
      if (!JSON.stringify(json).isWellFormed() || /\\ud[89a-f]/i.test(JSON.stringify(json))) return;
      const canonical = canonicalJson(json);
      expect(JSON.parse(canonical)).toEqual(json);
      expect(canonicalJson(reversed(json))).toBe(canonical);
    }),
  );
});

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, reversed(each)] as const);
  return Object.fromEntries(entries.toReversed());
}

test("a digest is the SHA-256 of the canonical document, and −0 is 0 in it", () => {
  const sealed = sealDocument(document);
  const { scope, id, text } = document;
  const canonical = canonicalJson({
    scope,
    id,
    text,
    metadata: { a: [0], b: 1 },
    timestamp: 0,
    deleted: false,
  });
  expect(sealed.digest).toBe(createHash("sha256").update(canonical).digest("hex"));
  expect(sealed.metadataJson).toBe('{"a":[0],"b":1}');
  expect(Object.is(sealed.timestamp, 0)).toBe(true);
  expect(Object.is((sealed.metadata["a"] as number[])[0], 0)).toBe(true);
});

test("every part of a document counts in its digest", () => {
  const changes = [{ scope: "t" }, { id: "b" }, { text: "ne" }, { metadata: {} }, { timestamp: 1 }];
  const digests = changes.map((change) => sealDocument({ ...document, ...change }).digest);
  const tombstone = sealTombstone({ scope: "s", id: "a" }, 0).digest;
  const empty = sealDocument({ ...document, text: "", metadata: {} }).digest;
  const all = [...digests, tombstone, empty, sealDocument(document).digest];
  expect(new Set(all).size).toBe(all.length);
});

test("a sealed document shares nothing with its input, and __proto__ is a key like others", () => {
  const metadata = JSON.parse('{"__proto__":{"x":1},"list":[1]}') as { list: number[] };
  const sealed = sealDocument({ ...document, metadata });
  metadata.list.push(2);
  expect(JSON.stringify(sealed.metadata)).toBe('{"__proto__":{"x":1},"list":[1]}');
  expect((sealed.metadata as { x?: number }).x).toBeUndefined();
});

test("verifyDigest accepts what was sealed and refuses any change", () => {
  const { metadataJson: _, ...sealed } = sealDocument(document);
  const record = { ...sealed, revision: { epoch: 0, counter: 1 } };
  expect(verifyDigest(record).digest).toBe(sealed.digest);
  for (const change of [{ text: "x" }, { timestamp: 5 }, { deleted: true }, { digest: "00" }]) {
    expect(() => verifyDigest({ ...record, ...change })).toThrow(
      expect.objectContaining({ code: "E_CORRUPT" }),
    );
  }
});

test("cyclic metadata is refused as too deep, and the message names the document", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const bad = { ...document, metadata: cyclic as JsonObject };
  expect(() => sealDocument(bad)).toThrow(/metadata of document "a" in scope "s" is nested deeper/);
});

test("a long id is shortened in messages", () => {
  expect(describeKey({ scope: "", id: "x".repeat(500) })).toBe(`document "${"x".repeat(80)}…"`);
});

test("digests add up mod 2^256 in any order", () => {
  const digest = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
  fc.assert(
    fc.property(fc.array(digest), (values) => {
      const hex = values.map((value) => value.toString(16).padStart(64, "0"));
      const sum = values.reduce((a, b) => a + b, 0n) % 2n ** 256n;
      const expected = sum.toString(16).padStart(64, "0");
      expect(addDigests(hex)).toBe(expected);
      expect(addDigests(hex.slice(2).toReversed(), addDigests(hex.slice(0, 2)))).toBe(expected);
    }),
  );
  expect(addDigests(["f".repeat(64), `${"0".repeat(63)}1`])).toBe("0".repeat(64));
});
