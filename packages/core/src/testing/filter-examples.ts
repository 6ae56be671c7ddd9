import type { Filter, FilterPath } from "../filter.ts";
import type { JsonObject } from "../json.ts";

/** Documents by id, and per filter the ids that match: the filter language by example. */
export const filterDocuments: Readonly<Record<string, JsonObject>> = {
  empty: {},
  null: { a: null },
  one: { a: 1 },
  ten: { a: 10 },
  text: { a: "1" },
  yes: { a: true },
  list: { a: [1, "x", null, [2], { k: 1 }] },
  nested: { a: { b: { c: "deep" } }, "a.b": "dotted" },
  astral: { a: "😀" },
  last: { a: "\uffff" },
};

const a: FilterPath = ["a"];
const all = Object.keys(filterDocuments);
const without = (...ids: string[]): string[] => all.filter((id) => !ids.includes(id));

export const filterExamples: readonly (readonly [Filter, readonly string[]])[] = [
  [{ op: "eq", path: a, value: 1 }, ["one"]],
  [{ op: "eq", path: a, value: "1" }, ["text"]],
  [{ op: "eq", path: a, value: true }, ["yes"]],
  [{ op: "eq", path: a, value: null }, ["null"]],
  [{ op: "eq", path: a, value: -0 }, []],
  [{ op: "eq", path: a, value: [1, "x", null, [2], { k: 1 }] }, ["list"]],
  [{ op: "eq", path: a, value: [1] }, []],
  [{ op: "eq", path: a, value: { b: { c: "deep" } } }, ["nested"]],
  [{ op: "ne", path: a, value: 1 }, without("one")],
  [{ op: "ne", path: a, value: null }, without("null")],
  [{ op: "in", path: a, values: [1, "1", null] }, ["null", "one", "text"]],
  [{ op: "in", path: a, values: [] }, []],
  [{ op: "nin", path: a, values: [1, "1"] }, without("one", "text")],
  [{ op: "nin", path: a, values: [] }, all],
  [{ op: "gt", path: a, value: 1 }, ["ten"]],
  [{ op: "gte", path: a, value: 1 }, ["one", "ten"]],
  [{ op: "lt", path: a, value: 10 }, ["one"]],
  [{ op: "lte", path: a, value: 10 }, ["one", "ten"]],
  [{ op: "gt", path: a, value: "1" }, ["astral", "last"]],
  [{ op: "gt", path: a, value: "😀" }, ["last"]],
  [{ op: "lt", path: a, value: "\uffff" }, ["text", "astral"]],
  [{ op: "gt", path: a, value: false }, ["yes"]],
  [{ op: "lte", path: a, value: false }, []],
  [{ op: "exists", path: a, value: true }, without("empty")],
  [{ op: "exists", path: a, value: false }, ["empty"]],
  [{ op: "contains", path: a, value: 1 }, ["list"]],
  [{ op: "contains", path: a, value: null }, ["list"]],
  [{ op: "contains", path: a, value: [2] }, ["list"]],
  [{ op: "contains", path: a, value: { k: 1 } }, ["list"]],
  [{ op: "contains", path: a, value: "1" }, []],
  [{ op: "eq", path: ["a", "b", "c"], value: "deep" }, ["nested"]],
  [{ op: "eq", path: ["a.b"], value: "dotted" }, ["nested"]],
  [{ op: "exists", path: ["a", "0"], value: true }, []],
  [{ op: "exists", path: ["a", "length"], value: true }, []],
  [{ op: "exists", path: ["constructor"], value: true }, []],
  [{ op: "and", filters: [] }, all],
  [{ op: "or", filters: [] }, []],
  [{ op: "not", filter: { op: "eq", path: a, value: 1 } }, without("one")],
  [{ op: "not", filter: { op: "gt", path: a, value: 1 } }, without("ten")],
  [
    {
      op: "or",
      filters: [
        {
          op: "and",
          filters: [
            { op: "gte", path: a, value: 1 },
            { op: "lt", path: a, value: 5 },
          ],
        },
        { op: "exists", path: a, value: false },
      ],
    },
    ["empty", "one"],
  ],
];

/** Values and keys that would mean something if they reached a query language as text. */
export const injections: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE documents; --",
  '") OR 1=1 --',
  "$.a' OR 1=1",
  "a'] = 1 OR data['b",
  "{$ne: null}",
  "$where",
  "%' ESCAPE '",
  "\\' OR 1=1 --",
  "a\"]') IS NULL OR ('1",
  "__proto__",
];
