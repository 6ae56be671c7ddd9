// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import fc from "fast-check";
import { expect } from "vitest";
import { type Filter, matchesFilter } from "../filter.ts";
import type { JsonObject } from "../json.ts";
import { parseJsonText } from "../json-text.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import { filterArbitrary, metadataArbitrary } from "./filter-arbitraries.ts";
import { filterDocuments, filterExamples, injections } from "./filter-examples.ts";
import { expectRefused, idsOf, put } from "./samples.ts";

const malformed: readonly unknown[] = [
  {},
  { op: "eq", path: [], value: 1 },
  { op: "eq", path: "a", value: 1 },
  { op: "eq", path: ["a"] },
  { op: "eq", path: ["a"], value: Number.NaN },
  { op: "eq", path: ["a\0"], value: 1 },
  { op: "gt", path: ["a"], value: null },
  { op: "in", path: ["a"], values: 1 },
  { op: "like", path: ["a"], value: "%" },
  { op: "$where", path: ["a"], value: "1" },
  { op: "and", filters: [{ op: "or" }] },
];

/** Parsed, because a literal would take `__proto__` for the prototype. */
function marked(key: string): JsonObject {
  return parseJsonText(`{${JSON.stringify(key)}:1}`) as JsonObject;
}

/** The filter language on documents: the same answers as `matchesFilter`. */
export const documentFilters: readonly DocumentStoreCase[] = [
  {
    name: "every operator answers as documented for every type of value",
    run: async ({ store }) => {
      const documents = Object.entries(filterDocuments);
      await store.write(documents.map(([id, metadata]) => put(id, { metadata })));
      for (const [filter, expected] of filterExamples) {
        const { documents: found } = await store.scan({ limit: 100, filter });
        expect({ filter, ids: idsOf(found) }).toEqual({ filter, ids: expected.toSorted() });
      }
    },
  },
  {
    name: "any filter on any metadata agrees with matchesFilter",
    run: async ({ store }) => {
      let runs = 0;
      const documents = fc.array(metadataArbitrary, { minLength: 8, maxLength: 12 });
      const filters = fc.array(filterArbitrary, { minLength: 20, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(documents, filters, async (all, wanted) => {
          const scope = `run ${++runs}`;
          await store.write(all.map((metadata, i) => put(`${10 + i}`, { scope, metadata })));
          for (const filter of wanted) {
            const expected = all.flatMap((metadata, i) =>
              matchesFilter(filter, metadata) ? [`${10 + i}`] : [],
            );
            const { documents: found } = await store.scan({ scope, limit: 100, filter });
            expect({ filter, ids: idsOf(found) }).toEqual({ filter, ids: expected });
            expect(await store.count({ scope, filter })).toBe(expected.length);
          }
        }),
        { numRuns: 25, seed: 4 },
      );
    },
  },
  {
    name: "nothing in a filter's keys or values reaches the engine as a query, nor another scope",
    run: async ({ store }) => {
      await store.write([put("victim", { scope: "other" }), put("plain")]);
      await store.write(injections.map((key, i) => put(`${i}`, { metadata: marked(key) })));
      for (const [i, text] of injections.entries()) {
        const byKey: Filter = { op: "eq", path: [text], value: 1 };
        const byValue: Filter = { op: "in", path: ["plain"], values: [text] };
        const nested: Filter = { op: "exists", path: [text, text], value: true };
        expect(idsOf((await store.scan({ limit: 99, filter: byKey })).documents)).toEqual([`${i}`]);
        expect(await store.count({ filter: { op: "or", filters: [byValue, nested] } })).toBe(0);
      }
      expect(await store.count({ allScopes: true })).toBe(injections.length + 2);
    },
  },
  {
    name: "a long list of values is one filter",
    run: async ({ store }) => {
      await store.write([put("a", { metadata: { n: 4_999 } }), put("b", { metadata: { n: -1 } })]);
      const values = Array.from({ length: 5_000 }, (_, i) => i);
      expect(await store.count({ filter: { op: "in", path: ["n"], values } })).toBe(1);
    },
  },
  {
    name: "a malformed filter is refused by every read that takes one",
    run: async ({ store }) => {
      for (const each of malformed) {
        const filter = each as Filter;
        await expectRefused(store.scan({ limit: 1, filter }), "E_INVALID_INPUT");
        await expectRefused(store.count({ filter }), "E_INVALID_INPUT");
        await expectRefused(store.recent({ limit: 1, filter }), "E_INVALID_INPUT");
      }
    },
  },
];
