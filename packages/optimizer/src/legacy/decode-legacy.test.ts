import { describe, expect, test } from "vitest";
import { decodeLegacy, type DecodeLegacyOptions } from "./decode-legacy.ts";

const array9 = { format: "array9" } as const;
const abbreviated = { format: "abbreviated" } as const;
const plain = { format: "plain" } as const;

const slots = [
  "carlos",
  "preferences",
  "favorite_sport",
  "basketball",
  0.85,
  "2024-11-18T10:30:00Z",
];

describe("array9", () => {
  test("gives v1's fields back", () => {
    const { record, losses, ambiguities } = decodeLegacy(
      [...slots, "conversation", 0.95, ["sports"]],
      array9,
    );
    expect(record).toEqual({
      user_id: "carlos",
      category: "preferences",
      key: "favorite_sport",
      value: "basketball",
      importance: 0.85,
      timestamp: "2024-11-18T10:30:00Z",
      source: "conversation",
      confidence: 0.95,
      tags: ["sports"],
    });
    expect(losses).toEqual([{ kind: "fields-beyond-nine" }, { kind: "key-order" }]);
    expect(ambiguities).toEqual([]);
  });

  test("says which slots were null or absent, and leaves them out", () => {
    const { record, ambiguities } = decodeLegacy(
      ["u", "c", "k", null, null, null, null, null, []],
      array9,
    );
    expect(record).toEqual({ user_id: "u", category: "c", key: "k" });
    expect(ambiguities.filter(({ kind }) => kind === "null-or-absent")).toHaveLength(5);
    expect(ambiguities).toContainEqual({ kind: "empty-or-absent", path: ["tags"] });
  });

  test("reads shorter lists, and keeps what has no name", () => {
    expect(decodeLegacy(["u"], array9).record).toEqual({ user_id: "u" });
    const { losses } = decodeLegacy([...slots, "src", 1, ["t"], "tenth", 11], array9);
    expect(losses).toContainEqual({ kind: "extra-slot", path: [9], value: "tenth" });
    expect(losses).toContainEqual({ kind: "extra-slot", path: [10], value: 11 });
  });

  test("expands keys within values as v1 did, and says so", () => {
    const { record, ambiguities } = decodeLegacy(
      ["u", "c", "key", { k: 1, v: [{ lvl: 2 }] }],
      array9,
    );
    expect(record.value).toEqual({ key: 1, value: [{ affinity_level: 2 }] });
    expect(ambiguities).toContainEqual({ kind: "nested-short-key", path: ["value", "key"] });
    expect(ambiguities).toContainEqual({
      kind: "nested-short-key",
      path: ["value", "value", 0, "affinity_level"],
    });
    const kept = decodeLegacy(["u", "c", "key", { k: 1 }], { ...array9, nested: "keep" });
    expect(kept.record.value).toEqual({ k: 1 });
    expect(kept.ambiguities).toEqual([]);
  });
});

describe("abbreviated", () => {
  test("expands records and what is in them", () => {
    const meta = { src: "chat", conf: 0.9, ts: "2024", lang: "es" };
    expect(decodeLegacy({ uid: "carlos", meta, mood_note: "x" }, abbreviated).record).toEqual({
      user_id: "carlos",
      metadata: { source: "chat", confidence: 0.9, timestamp: "2024", lang: "es" },
      mood_note: "x",
    });
  });

  test("keeps both values where v1 lets one overwrite the other", () => {
    const { record, ambiguities } = decodeLegacy({ category: "pref", cat: "tabby" }, abbreviated);
    expect(record).toEqual({ category: "pref", cat: "tabby" });
    expect(ambiguities).toEqual([
      { kind: "long-name", path: ["category"] },
      { kind: "long-and-short", path: ["cat"] },
    ]);
  });

  test("doubts short names that are words", () => {
    const { record, ambiguities } = decodeLegacy({ title: "T", eid: 1 }, abbreviated);
    expect(record).toEqual({ episode_title: "T", episode_id: 1 });
    expect(ambiguities).toEqual([{ kind: "ordinary-word", path: ["episode_title"] }]);
  });

  test("reads what an application's own mapping had shortened for good", () => {
    const options = { ...abbreviated, keyMappings: { my_custom_field: "mcf" } };
    expect(decodeLegacy({ k: "a", mcf: 1 }, options).record).toEqual({
      key: "a",
      my_custom_field: 1,
    });
  });

  test("keys named like parts of Object are data", () => {
    const data: unknown = JSON.parse('{"__proto__":{"k":1},"constructor":2}');
    const { record } = decodeLegacy(data, abbreviated);
    expect(JSON.stringify(record)).toBe('{"__proto__":{"key":1},"constructor":2}');
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  });
});

describe("plain", () => {
  test("is the record, with a note where it does not look plain", () => {
    const stored = { title: "T", value: { k: 1 }, tags: [] };
    expect(decodeLegacy(stored, plain)).toEqual({
      record: stored,
      losses: [],
      ambiguities: [{ kind: "short-name", path: ["title"] }],
    });
  });
});

test.each<[unknown, DecodeLegacyOptions, RegExp]>([
  [{ uid: "u" }, array9, /format array9 must be a list/],
  [["u"], abbreviated, /for a list use array9/],
  ["text", plain, /must be an object/],
  [null, abbreviated, /must be an object/],
  [["u", undefined], array9, /value\[1\] is undefined/],
  [{ v: new Date(0) }, abbreviated, /value\["v"\] is a Date/],
  [{}, { format: "plain", nested: "Keep" as "keep" }, /nested "Keep" is unknown: expand or keep/],
])("refuses %j", (data, options, message) => {
  expect(() => decodeLegacy(data, options)).toThrow(message);
});

test.each([
  ["cycles", cycle(), /contains itself/],
  ["depths that v1 could not write", nested(1001), /deeper than 1000 levels/],
])("refuses %s", (_, data, message) => {
  const decode = () => decodeLegacy(data, array9);
  expect(decode).toThrow(message);
  expect(decode).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  expect(decodeLegacy(nested(1000), array9).record).toHaveProperty("user_id");
});

function cycle(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

function nested(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "1" + "]".repeat(levels));
}
