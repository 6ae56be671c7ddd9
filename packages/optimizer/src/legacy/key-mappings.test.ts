import { expect, test } from "vitest";
import { KEY_MAPPINGS, keyDictionary } from "./key-mappings.ts";

test("has v1's 31 names, one to one, none longer than its field", () => {
  const entries = Object.entries(KEY_MAPPINGS);
  expect(entries).toHaveLength(31);
  expect(new Set(Object.values(KEY_MAPPINGS)).size).toBe(31);
  expect(entries.filter(([name, short]) => short.length > name.length)).toEqual([]);
});

test("is frozen: v1's could be changed for every user of the process", () => {
  expect(Object.isFrozen(KEY_MAPPINGS)).toBe(true);
  expect(() => Object.assign(KEY_MAPPINGS, { my_field: "mf" })).toThrow(TypeError);
});

test("custom mappings read both ways and leave v1's own alone", () => {
  const { short, long } = keyDictionary({ my_custom_field: "mcf" });
  expect(short.get("my_custom_field")).toBe("mcf");
  expect(long.get("mcf")).toBe("my_custom_field");
  expect(keyDictionary().short.has("my_custom_field")).toBe(false);
});

test.each([
  [{ mood_note: "cat" }, /"cat" already means "category"/],
  [{ a_field: "x", b_field: "x" }, /"x" already means "a_field"/],
  [{ category: "c" }, /is "cat" in v1 already/],
  [{ cat: "c" }, /itself a short name/],
  [{ my_field: "user_id" }, /"user_id" is itself a mapped name/],
  [{ my_field: "1" }, /must be a letter/],
  [{ my_field: "" }, /must be a letter/],
  [{ my_field: "__proto__" }, /another short name/],
])("refuses %j", (mappings, message) => {
  expect(() => keyDictionary(mappings)).toThrow(message);
});
