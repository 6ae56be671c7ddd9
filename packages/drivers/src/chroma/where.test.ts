import { type Filter, type JsonObject, matchesFilter } from "@palimpsest/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entryMetadata } from "./entry-metadata.ts";
import { matchesWhere } from "./fixtures/fake-chroma.ts";
import { compileFilter } from "./where.ts";

const a = ["a"] as const;

/** What the server would answer. */
function answers(filter: Filter, metadata: JsonObject): boolean {
  const where = compileFilter(filter);
  if (where === undefined) throw new Error("not compiled");
  if (typeof where === "string") return where === "all";
  return matchesWhere(where, entryMetadata("s", "v", metadata));
}

const scalar = fc.oneof(
  fc.constantFrom(null, true, false, "", "a", "1", "true", "null", "😀", "x".repeat(300)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, 1, 1.5, 2, 2 ** 31, 2 ** 53, 1e21, 1e-7, 5e-324),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
);
const metadata = fc.dictionary(fc.constantFrom("a", "b", "$and", "scope"), value, {
  maxKeys: 3,
  noNullPrototype: true,
});
const path = fc.constantFrom(["a"], ["b"], ["$and"], ["scope"]) as fc.Arbitrary<[string]>;
const exact = fc.oneof(
  fc.record({ op: fc.constantFrom("eq" as const, "ne" as const), path, value }),
  fc.record({
    op: fc.constantFrom("in" as const, "nin" as const),
    path,
    values: fc.array(value, { maxLength: 3 }),
  }),
  fc.record({
    op: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const),
    path,
    value: fc.boolean(),
  }),
);
test("what compiles means the same as the filter, below and, or and not", () => {
  fc.assert(
    fc.property(exact, exact, exact, metadata, (one, two, three, document) => {
      const json = JSON.parse(JSON.stringify(document)) as JsonObject;
      const filters: Filter[] = [
        one,
        three,
        { op: "not", filter: one },
        { op: "or", filters: [one, three] },
        { op: "and", filters: [two, three, one] },
        { op: "not", filter: { op: "and", filters: [one, { op: "not", filter: three }, two] } },
        { op: "not", filter: { op: "or", filters: [one, two] } },
        { op: "and", filters: [] },
        { op: "not", filter: { op: "and", filters: [] } },
      ];
      for (const filter of filters) {
        expect({ filter, is: answers(filter, json) }).toEqual({
          filter,
          is: matchesFilter(filter, json),
        });
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test.each([
  { op: "eq", path: ["a", "b"], value: 1 },
  { op: "exists", path: a, value: true },
  { op: "contains", path: a, value: 1 },
  { op: "gt", path: a, value: "text" },
  { op: "lte", path: a, value: 1 },
  {
    op: "and",
    filters: [
      { op: "eq", path: a, value: 1 },
      { op: "exists", path: a, value: true },
    ],
  },
  { op: "in", path: a, values: Array.from({ length: 600 }, (_, i) => i) },
] satisfies Filter[])("%j is left to the document store", (filter) => {
  expect(compileFilter(filter)).toBeUndefined();
});
