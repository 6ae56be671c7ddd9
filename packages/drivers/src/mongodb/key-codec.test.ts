import { compareKeys, compareUtf8, type DocumentKey } from "@palimpsest/core";
import { BSON } from "mongodb";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeKey, encodeKey, keyRange } from "./key-codec.ts";

const character = fc.constantFrom(
  ..."aAz\u0001\u0002\u0003\t \u007fé\ud7ff\ue000\ufffe\uffff",
  "\u{10000}",
  "\u{14000}",
  "😀",
  "\u{10ffff}",
);
const part = fc.oneof(
  fc.array(character, { maxLength: 4 }).map((all) => all.join("")),
  fc.string({ unit: "binary", maxLength: 6 }).map((text) => text.replaceAll("\0", "")),
);
const key: fc.Arbitrary<DocumentKey> = fc.record({ scope: part, id: part });

describe("encodeKey", () => {
  test("gives back the key, holds no U+0000 and only whole characters", () => {
    fc.assert(
      fc.property(key, (each) => {
        const encoded = encodeKey(each);
        expect(decodeKey(encoded)).toEqual(each);
        expect(encoded.includes("\0")).toBe(false);
        expect(BSON.deserialize(BSON.serialize({ _id: encoded }))["_id"]).toBe(encoded);
      }),
      { numRuns: 2_000 },
    );
  });

  test("orders as keys do, by UTF-8 bytes and by UTF-16 units alike", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [first, second] = [encodeKey(a), encodeKey(b)];
        const expected = Math.sign(compareKeys(a, b));
        expect(Math.sign(compareUtf8(first, second))).toBe(expected);
        expect(first < second ? -1 : Number(first > second)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  test("leaves ordinary keys readable", () => {
    expect(encodeKey({ scope: "tenant", id: "née 1" })).toBe("tenant\u0001née 1");
  });
});

describe("keyRange", () => {
  test("holds exactly the keys of its scope, behind `after` and up to `upTo`", () => {
    const bound = fc.option(key, { nil: undefined });
    fc.assert(
      fc.property(key, fc.option(part, { nil: undefined }), bound, bound, (each, scope, a, b) => {
        const { $gt, $lt, $lte } = keyRange(scope, a, b);
        const encoded = encodeKey(each);
        const inside =
          encoded > $gt &&
          ($lt === undefined || encoded < $lt) &&
          ($lte === undefined || encoded <= $lte);
        const expected =
          (scope === undefined || each.scope === scope) &&
          (a === undefined || compareKeys(each, a) > 0) &&
          (b === undefined || compareKeys(each, b) <= 0);
        // An empty id does not exist; its encoding is the bound itself.
        expect(inside || each.id === "").toBe(expected || each.id === "");
      }),
      { numRuns: 5_000 },
    );
  });
});
