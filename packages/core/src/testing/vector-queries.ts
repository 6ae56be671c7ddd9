// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import fc from "fast-check";
import { expect } from "vitest";
import type { DocumentKey } from "../document.ts";
import { type Filter, matchesFilter } from "../filter.ts";
import type { VectorRecord } from "../vector-index.ts";
import { filterArbitrary, metadataArbitrary } from "./filter-arbitraries.ts";
import { expectRefused, idsOf } from "./samples.ts";
import type { VectorIndexCase } from "./vector-context.ts";

export function vectorRecord(
  id: string,
  values: readonly number[],
  parts: Partial<VectorRecord> = {},
): VectorRecord {
  const revision = { epoch: 0, counter: 1 };
  return { scope: "", id, revision, vector: Float32Array.from(values), metadata: {}, ...parts };
}

const query = { vector: Float32Array.of(1, 0, 0), k: 100 };

/** Nearest neighbours: scores, order, restriction. */
export const vectorQueries: readonly VectorIndexCase[] = [
  {
    name: "hits come best first with scores in [0, 1], high is near",
    run: async ({ index }) => {
      await index.upsert([
        vectorRecord("opposite", [-3, 0, 0]),
        vectorRecord("same", [7, 0, 0]),
        vectorRecord("near", [1, 1, 0]),
        vectorRecord("square", [0, 5, 0]),
      ]);
      const hits = await index.query(query);
      expect(idsOf(hits)).toEqual(["same", "near", "opposite", "square"]);
      const expected = [1, Math.SQRT1_2, 0, 0];
      for (const [i, hit] of hits.entries()) {
        expect(hit.score).toBeCloseTo(expected[i] ?? Number.NaN, 5);
        expect(hit.score).toBeGreaterThanOrEqual(0);
        expect(hit.score).toBeLessThanOrEqual(1);
      }
    },
  },
  {
    name: "cosine scores agree with the definition for any vectors",
    run: async ({ index }) => {
      const vector = fc
        .tuple(...Array.from({ length: 3 }, () => fc.integer({ min: -100, max: 100 })))
        .filter((values) => values.some((value) => value !== 0));
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(vector, { minLength: 1, maxLength: 10 }),
          vector,
          async (all, q) => {
            const scope = `run ${++runs}`;
            await index.upsert(all.map((values, i) => vectorRecord(`${i}`, values, { scope })));
            const hits = await index.query({ scope, vector: Float32Array.from(q), k: 100 });
            expect(hits).toHaveLength(all.length);
            for (const hit of hits) {
              const values = all[Number(hit.id)] ?? [];
              expect(hit.score).toBeCloseTo(Math.max(0, cosine(values, q)), 4);
            }
          },
        ),
        { numRuns: 20, seed: 5 },
      );
    },
  },
  {
    name: "equal scores are in UTF-8 order of (scope, id)",
    run: async ({ index }) => {
      const ids = ["b", "😀", "\uffff", "a"];
      await index.upsert(ids.map((id) => vectorRecord(id, [1, 0, 0])));
      await index.upsert([vectorRecord("0", [1, 0, 0], { scope: "z" })]);
      expect(idsOf(await index.query(query))).toEqual(["a", "b", "\uffff", "😀"]);
      const all = await index.query({ ...query, allScopes: true });
      expect(idsOf(all)).toEqual(["a", "b", "\uffff", "😀", "0"]);
    },
  },
  {
    name: "k = 0 gives none, k above the count gives all, k in between the best",
    run: async ({ index }) => {
      expect(await index.query(query)).toEqual([]);
      await index.upsert([vectorRecord("far", [1, 3, 0]), vectorRecord("near", [3, 1, 0])]);
      expect(await index.query({ ...query, k: 0 })).toEqual([]);
      expect(idsOf(await index.query({ ...query, k: 1 }))).toEqual(["near"]);
      expect(idsOf(await index.query({ ...query, k: 1_000 }))).toEqual(["near", "far"]);
      await expectRefused(index.query({ ...query, k: -1 }), "E_INVALID_INPUT");
      await expectRefused(index.query({ ...query, k: 1.5 }), "E_INVALID_INPUT");
    },
  },
  {
    name: "a query sees its own scope only, unless it asks for all",
    run: async ({ index }) => {
      await index.upsert([
        vectorRecord("mine", [1, 2, 0], { scope: "one" }),
        vectorRecord("theirs", [1, 0, 0], { scope: "two" }),
      ]);
      expect(await index.query(query)).toEqual([]);
      expect(idsOf(await index.query({ ...query, scope: "one", k: 1 }))).toEqual(["mine"]);
      expect(idsOf(await index.query({ ...query, allScopes: true }))).toEqual(["theirs", "mine"]);
    },
  },
  {
    name: "keys narrow a query and never widen it",
    run: async ({ index }) => {
      await index.upsert([
        vectorRecord("a", [1, 0, 0]),
        vectorRecord("b", [1, 1, 0]),
        vectorRecord("c", [1, 0, 0], { scope: "other" }),
      ]);
      const keys: DocumentKey[] = [
        { scope: "", id: "b" },
        { scope: "", id: "b" },
        { scope: "other", id: "c" },
        { scope: "", id: "missing" },
      ];
      expect(idsOf(await index.query({ ...query, keys }))).toEqual(["b"]);
      expect(await index.query({ ...query, keys: [] })).toEqual([]);
    },
  },
  {
    name: "a compiled filter agrees with matchesFilter",
    run: async ({ index }) => {
      let runs = 0;
      const filters = fc.array(filterArbitrary, { minLength: 10, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(
          fc.array(metadataArbitrary, { maxLength: 8 }),
          filters,
          async (all, wanted) => {
            const scope = `run ${++runs}`;
            await index.upsert(
              all.map((metadata, i) => vectorRecord(`${i}`, [1, 0, 0], { scope, metadata })),
            );
            for (const filter of wanted.filter((each) => index.compiles(each))) {
              const expected = all.flatMap((metadata, i) =>
                matchesFilter(filter, metadata) ? [`${i}`] : [],
              );
              const hits = await index.query({ ...query, scope, filter });
              expect({ filter, ids: idsOf(hits) }).toEqual({ filter, ids: expected });
            }
          },
        ),
        { numRuns: 20, seed: 6 },
      );
    },
  },
  {
    name: "a filter restricts before the best k are chosen",
    run: async ({ index }) => {
      const filter: Filter = { op: "eq", path: ["kind"], value: "rare" };
      const common = Array.from({ length: 30 }, (_, i) => vectorRecord(`c${i}`, [1, 0, 0]));
      const rare = vectorRecord("rare", [0, 1, 0], { metadata: { kind: "rare" } });
      await index.upsert([...common, rare]);
      const restriction = index.compiles(filter) ? { filter } : { keys: [rare] };
      expect(idsOf(await index.query({ ...query, k: 1, ...restriction }))).toEqual(["rare"]);
    },
  },
];

function cosine(a: readonly number[], b: readonly number[]): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
