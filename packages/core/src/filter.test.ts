import fc from "fast-check";
import { expect, test } from "vitest";
import { type Filter, matchesFilter, parseFilter } from "./filter.ts";
import { filterArbitrary, metadataArbitrary } from "./testing/filter-arbitraries.ts";
import { filterDocuments, filterExamples } from "./testing/filter-examples.ts";

test.each(filterExamples.map(([filter, ids]) => [JSON.stringify(filter), filter, ids] as const))(
  "%s",
  (_, filter, ids) => {
    const matching = Object.entries(filterDocuments).filter(([, metadata]) =>
      matchesFilter(filter, metadata),
    );
    expect(matching.map(([id]) => id).toSorted()).toEqual(ids.toSorted());
  },
);

test("a parsed filter means the same and shares nothing with its input", () => {
  fc.assert(
    fc.property(filterArbitrary, metadataArbitrary, (filter, metadata) => {
      const input = structuredClone(filter);
      const parsed = parseFilter(input);
      expect(parsed).toEqual(filter);
      expect(matchesFilter(parsed, metadata)).toBe(matchesFilter(filter, metadata));
    }),
  );
  const path = ["a"];
  const parsed = parseFilter({ op: "eq", path, value: 1 });
  path.push("b");
  expect(parsed).toEqual({ op: "eq", path: ["a"], value: 1 });
});

test("two-valued: a filter or its negation matches, never both", () => {
  fc.assert(
    fc.property(filterArbitrary, metadataArbitrary, (filter, metadata) => {
      const negated: Filter = { op: "not", filter };
      expect(matchesFilter(negated, metadata)).toBe(!matchesFilter(filter, metadata));
    }),
  );
});

test("ne and nin are the opposites of eq and in, on missing paths too", () => {
  fc.assert(
    fc.property(metadataArbitrary, fc.constantFrom("a", "b", "zz"), fc.jsonValue(), (m, key, v) => {
      const [json, path] = [JSON.parse(JSON.stringify(v)) as never, [key] as const];
      const matches = (filter: Filter): boolean => matchesFilter(filter, m);
      expect(matches({ op: "ne", path, value: json })).toBe(
        !matches({ op: "eq", path, value: json }),
      );
      expect(matches({ op: "nin", path, values: [json] })).toBe(
        !matches({ op: "in", path, values: [json] }),
      );
    }),
  );
});

test.each([
  [undefined, "filter must be an object"],
  [[], "filter must be an object"],
  [{ op: "eq", path: ["a", 1], value: 1 }, "filter needs a `path`"],
  [{ op: "eq", path: ["\ud800"], value: 1 }, "filter needs a `path`"],
  [{ op: "eq", path: ["a"] }, "filter needs a `value`"],
  [{ op: "regex", path: ["a"], value: 1 }, 'unknown operator "regex"'],
  [{ op: "exists", path: ["a"], value: 1 }, "`exists` needs a boolean"],
  [{ op: "lt", path: ["a"], value: [1] }, "`lt` compares numbers"],
  [{ op: "in", path: ["a"] }, "needs an array `values`"],
  [{ op: "and", filters: {} }, "needs an array `filters`"],
  [{ op: "or", filters: [{ op: "not" }] }, "filter.filters[0].filter must be an object"],
])("%j is refused, naming the part", (input, message) => {
  expect(() => parseFilter(input)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT", message: expect.stringContaining(message) }),
  );
});

test("a filter may be nested 32 levels deep and no deeper", () => {
  const nested = (depth: number): unknown =>
    depth === 0
      ? { op: "exists", path: ["a"], value: true }
      : { op: "not", filter: nested(depth - 1) };
  expect(() => parseFilter(nested(32))).not.toThrow();
  expect(() => parseFilter(nested(33))).toThrow("nested deeper than 32");
});
