import { isPalimpsestError, type JsonObject } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLegacy } from "./decode-legacy.ts";
import { encodeLegacy } from "./encode-legacy.ts";
import { keyDictionary } from "./key-mappings.ts";
import { readAsV1 } from "./v1-reader.ts";

const fact = {
  user_id: "carlos",
  category: "preferences",
  key: "favorite_sport",
  value: "basketball",
  importance: 0.85,
  timestamp: "2024-11-18T10:30:00Z",
  source: "conversation",
  confidence: 0.95,
  tags: ["sports"],
};
const goldens = {
  array9:
    '["carlos","preferences","favorite_sport","basketball",0.85,"2024-11-18T10:30:00Z","conversation",0.95,["sports"]]',
  abbreviated:
    '{"uid":"carlos","cat":"preferences","k":"favorite_sport","v":"basketball","imp":0.85,"ts":"2024-11-18T10:30:00Z","src":"conversation","conf":0.95,"tags":["sports"]}',
};
const formats = ["array9", "abbreviated"] as const;

describe.each(formats)("%s", (format) => {
  test("writes what v1 wrote", () => {
    expect(encodeLegacy(fact, { format })).toEqual({
      data: JSON.parse(goldens[format]),
      losses: [],
    });
    expect(JSON.stringify(encodeLegacy(fact, { format }).data)).toBe(goldens[format]);
  });

  test.each([
    [{ ...fact, value: { k: 1, v: 2 } }, /value\.k \(dropped\).*value\.key \(added\)/],
    [{ ...fact, cat: "tabby" }, /(category \(changed\)|cat \(dropped\))/],
    [{ ...fact, value: { category: "big", cat: "tabby" } }, /value\.category \(changed\)/],
    [{ ...fact, uid: "shadow" }, /uid \(dropped\)/],
  ])("refuses what an old reader would get wrong: %j", (record, message) => {
    expect(() => encodeLegacy(record, { format })).toThrow(message);
  });

  test("what it accepts without a loss, v1 and decodeLegacy read back, order of keys included", () => {
    const record = legacyRecord();
    fc.assert(
      fc.property(record, (original) => {
        const { data, losses } = encodeLegacy(original, { format, lossy: true });
        const read = readAsV1(data, keyDictionary());
        const same = JSON.stringify(read) === JSON.stringify(original);
        expect(losses.length === 0).toBe(same);
        fc.pre(same);
        expect(decodeLegacy(data, { format }).record).toEqual(original);
      }),
      { numRuns: 2000 },
    );
  });

  test("refuses exactly when more than the order of keys is lost", () => {
    fc.assert(
      fc.property(legacyRecord(), (original) => {
        const { losses } = encodeLegacy(original, { format, lossy: true });
        const serious = losses.some(({ kind }) => kind !== "key-order");
        expect(refuses(() => encodeLegacy(original, { format }))).toBe(serious);
      }),
    );
  });
});

test("nested records are shortened at every depth", () => {
  const record = { user_id: "u", metadata: { source: "s", confidence: 1, timestamp: "t" } };
  expect(encodeLegacy(record, { format: "abbreviated" }).data).toEqual({
    uid: "u",
    meta: { src: "s", conf: 1, ts: "t" },
  });
});

test("an array has no room for other fields, nulls and empty tags", () => {
  const record = { ...fact, importance: null, tags: [], mood_note: "calm" };
  const { data, losses } = encodeLegacy(record, { format: "array9", lossy: true });
  expect(decodeLegacy(data, { format: "array9" }).record).not.toHaveProperty("mood_note");
  expect(losses.map(({ kind, path }) => `${kind} ${path?.join(".")}`)).toEqual([
    "dropped importance",
    "dropped tags",
    "dropped mood_note",
  ]);
});

test("the order of keys alone is reported, not refused", () => {
  const { losses } = encodeLegacy({ value: 1, key: "k" }, { format: "array9" });
  expect(losses).toEqual([{ kind: "key-order", path: [] }]);
});

test("writes an application's own mapping", () => {
  const options = { format: "abbreviated", keyMappings: { my_custom_field: "mcf" } } as const;
  expect(encodeLegacy({ my_custom_field: 1 }, options).data).toEqual({ mcf: 1 });
});

test.each([["hello"], [null], [[fact]], [{ v: undefined }], [{ v: Number.NaN }]])(
  "refuses %j, which v1 has no form for",
  (record) => {
    expect(() => encodeLegacy(record, { format: "abbreviated", lossy: true })).toThrow(
      /^(record|value)/,
    );
  },
);

function refuses(write: () => unknown): boolean {
  try {
    write();
    return false;
  } catch (error) {
    return isPalimpsestError(error, "E_INVALID_INPUT");
  }
}

function legacyRecord(): fc.Arbitrary<JsonObject> {
  const key = fc.constantFrom(
    "user_id",
    "category",
    "cat",
    "key",
    "k",
    "v",
    "tags",
    "title",
    "mine",
  );
  const leaf = fc.constantFrom(0, 1, "", "a", true, null);
  const inner = fc.dictionary(key, leaf, { maxKeys: 3, noNullPrototype: true });
  const value = fc.oneof(leaf, inner, fc.array(fc.oneof(leaf, inner), { maxLength: 2 }));
  return fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true });
}
