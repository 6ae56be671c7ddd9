import type { JsonObject, JsonValue } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deduplicate } from "./deduplicate.ts";

const text = fc.constantFrom("a", "A", "a ", "tea in the morning", "tea in the mornings", "b");
const leaf: fc.Arbitrary<JsonValue> = fc.oneof(text, fc.constantFrom(0, 1, 0.5, true, null));
const field = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(text, leaf, { maxKeys: 2, noNullPrototype: true }),
);
const more = {
  importance: field,
  timestamp: field,
  tags: field,
  source: field,
  metadata: field,
  note: field,
};
const fact: fc.Arbitrary<JsonObject> = fc.record(
  { ...more, user_id: text, category: text, key: text, value: leaf },
  { requiredKeys: ["category", "key", "value"] },
);
const loose: fc.Arbitrary<JsonObject> = fc.record(
  { ...more, user_id: field, category: field, key: field, value: field },
  { requiredKeys: [] },
);
const record: fc.Arbitrary<JsonObject> = fc.oneof(
  { arbitrary: fact, weight: 3 },
  { arbitrary: loose, weight: 1 },
);
const records = fc.array(record, { maxLength: 25 });
const level = fc.constantFrom("exact" as const, "normalised" as const, "near" as const);

test("every input has an output, every output an input, in the order of first appearance", () => {
  fc.assert(
    fc.property(records, level, (input, chosen) => {
      const { records: output, indexMap } = deduplicate(input, { level: chosen });
      expect(indexMap).toHaveLength(input.length);
      const firsts = [...new Set(indexMap)];
      expect(firsts).toEqual(output.map((_, index) => index));
    }),
  );
});

test("merging never loses a field, and no value unsaid", () => {
  fc.assert(
    fc.property(records, level, (input, chosen) => {
      const { records: output, indexMap, merges } = deduplicate(input, { level: chosen });
      for (const [index, original] of input.entries()) {
        const merged = output[indexMap[index] ?? -1];
        const replaced = merges.find(({ inputs }) => inputs.includes(index))?.replaced ?? [];
        for (const [name, value] of Object.entries(original)) {
          expect(merged).toHaveProperty([name]);
          const told = replaced.some((entry) => entry.input === index && entry.field === name);
          expect(told || isShown(merged?.[name], value)).toBe(true);
        }
      }
    }),
  );
});

test("a second run changes nothing", () => {
  fc.assert(
    fc.property(records, level, (input, chosen) => {
      const once = deduplicate(input, { level: chosen });
      const twice = deduplicate(once.records, { level: chosen });
      expect(twice.records).toEqual(once.records);
      expect(twice.merges).toEqual([]);
      expect(twice.contradictions).toEqual(once.contradictions);
    }),
  );
});

describe.each(["exact", "normalised"] as const)("level %s", (chosen) => {
  test("the order of the input does not change who is with whom", () => {
    const shuffled = records.chain((input) =>
      fc.tuple(
        fc.constant(input),
        fc.shuffledSubarray([...input.keys()], { minLength: input.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([input, order]) => {
        const straight = deduplicate(input, { level: chosen }).indexMap;
        const mixed = order.map((index) => input[index]);
        const moved = deduplicate(mixed, { level: chosen }).indexMap;
        const back = input.map((_, index) => moved[order.indexOf(index)]);
        expect(partition(back)).toEqual(partition(straight));
      }),
    );
  });
});

test("coarser levels only join what finer ones keep apart", () => {
  fc.assert(
    fc.property(records, (input) => {
      const exact = deduplicate(input).indexMap;
      const normalised = deduplicate(input, { level: "normalised" }).indexMap;
      const near = deduplicate(input, { level: "near" }).indexMap;
      expect(refines(exact, normalised)).toBe(true);
      expect(refines(normalised, near)).toBe(true);
    }),
  );
});

test("anything at all may be among the records", () => {
  fc.assert(
    fc.property(
      fc.array(fc.anything({ withBigInt: true, withDate: true, withMap: true })),
      level,
      (input, chosen) => {
        const { records: output, indexMap } = deduplicate(input, { level: chosen });
        expect(indexMap).toHaveLength(input.length);
        expect(output.length).toBeLessThanOrEqual(input.length);
      },
    ),
  );
});

/** Seen as it is, as items of a list, or within an object. Written apart from the code under test. */
function isShown(merged: JsonValue | undefined, value: JsonValue): boolean {
  if (merged === undefined) return false;
  if (same(merged, value)) return true;
  if (Array.isArray(merged)) {
    const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
    return items.every((item) => merged.some((other) => same(other, item)));
  }
  if (typeof merged !== "object" || merged === null || typeof value !== "object") return false;
  return Object.entries(value ?? {}).every(([key, member]) =>
    isShown(Reflect.get(merged, key), member),
  );
}

function same(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** For each input the first one that it is with. */
function partition(indexMap: readonly (number | undefined)[]): number[] {
  return indexMap.map((output) => indexMap.indexOf(output));
}

function refines(fine: readonly number[], coarse: readonly number[]): boolean {
  const seen = new Map<number, number | undefined>();
  return fine.every((output, index) => {
    if (!seen.has(output)) seen.set(output, coarse[index]);
    return seen.get(output) === coarse[index];
  });
}
