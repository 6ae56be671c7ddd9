import fc from "fast-check";
import type { Filter, FilterPath } from "../filter.ts";
import type { JsonObject, JsonValue } from "../json.ts";

const strings = ["", "a", "A", "b", "é", "e\u0301", "😀", "\uffff", "1", "10", "2", "true", "null"];
const hostile = ["%", "_", "*", "' OR '1'='1", '"', "\\", "$ne", "{}", "a.b"];
const numbers = [0, 1, -1, 1.5, 2, 10, 0.1, 1e21, -1e-7, 2 ** 53 - 1];

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.constantFrom(...numbers),
  fc.constantFrom(...strings, ...hostile),
);

/** Few keys, so that a filter often meets a value. */
const key = fc.constantFrom("a", "b", "a.b", "it's", "$gt", "é", 'q"', "0");

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(key, scalar, { maxKeys: 2, noNullPrototype: true }) },
);

export const metadataArbitrary: fc.Arbitrary<JsonObject> = fc.dictionary(
  key,
  fc.oneof(value, fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true })),
  { maxKeys: 5, noNullPrototype: true },
);

const path: fc.Arbitrary<FilterPath> = fc
  .array(key, { minLength: 1, maxLength: 3 })
  .map((keys) => keys as unknown as FilterPath);

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ op: fc.constantFrom("eq" as const, "ne" as const), path, value }),
  fc.record({
    op: fc.constantFrom("in" as const, "nin" as const),
    path,
    values: fc.array(value, { maxLength: 4 }),
  }),
  fc.record({
    op: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const),
    path,
    value: scalar.filter((each) => each !== null) as fc.Arbitrary<number | string | boolean>,
  }),
  fc.record({ op: fc.constant("exists" as const), path, value: fc.boolean() }),
  fc.record({ op: fc.constant("contains" as const), path, value }),
);

export const filterArbitrary: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom("and" as const, "or" as const),
        filters: fc.array(tie("filter"), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("not" as const), filter: tie("filter") }) },
  ),
})).filter;
