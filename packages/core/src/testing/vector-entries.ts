// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import { expectKeysetScan } from "./index-entries.ts";
import { expectRefused, idsOf } from "./samples.ts";
import type { VectorIndexCase, VectorIndexContext } from "./vector-context.ts";
import { vectorRecord } from "./vector-queries.ts";

const query = { vector: Float32Array.of(1, 0, 0), k: 100 };
const key = { scope: "", id: "a" };

const forgetful = ({ reopen }: VectorIndexContext): string | undefined =>
  reopen ? undefined : "the index does not outlive its process";

function at(counter: number, epoch: number = 0): { revision: { epoch: number; counter: number } } {
  return { revision: { epoch, counter } };
}

/** Entries: replacing, deleting, refusing, scanning, describing. */
export const vectorEntries: readonly VectorIndexCase[] = [
  {
    name: "an upsert replaces the entry whole, and an older revision never does",
    run: async ({ index }) => {
      await index.upsert([vectorRecord("a", [0, 1, 0], at(2))]);
      await index.upsert([vectorRecord("a", [1, 0, 0], at(1))]);
      expect((await index.query(query))[0]).toMatchObject({ ...at(2), score: 0 });
      await index.upsert([vectorRecord("a", [1, 0, 0], at(3))]);
      expect((await index.query(query))[0]).toMatchObject(at(3));
      expect((await index.query(query))[0]?.score).toBeCloseTo(1, 5);
      await index.upsert([vectorRecord("a", [0, 1, 0], at(1, 1))]);
      await index.upsert([vectorRecord("a", [1, 0, 0], at(9, 0))]);
      expect(await index.query(query)).toMatchObject([{ ...at(1, 1), score: 0 }]);
    },
  },
  {
    name: "the same revision again replaces, so that repair can",
    run: async ({ index }) => {
      await index.upsert([vectorRecord("a", [0, 1, 0])]);
      await index.upsert([vectorRecord("a", [1, 0, 0])]);
      expect((await index.query(query))[0]?.score).toBeCloseTo(1, 5);
    },
  },
  {
    name: "metadata is replaced, never merged",
    run: async ({ index }) => {
      const filter = { op: "exists", path: ["old"], value: true } as const;
      await index.upsert([vectorRecord("a", [1, 0, 0], { metadata: { old: 1 } })]);
      await index.upsert([
        vectorRecord("a", [1, 0, 0], { metadata: { new: 1 }, revision: { epoch: 0, counter: 2 } }),
      ]);
      if (index.compiles(filter)) expect(await index.query({ ...query, filter })).toEqual([]);
      expect((await index.describe()).count).toBe(1);
    },
  },
  {
    name: "one key twice in one call ends in its newest revision",
    run: async ({ index }) => {
      const newer = vectorRecord("a", [1, 0, 0], { revision: { epoch: 0, counter: 2 } });
      await index.upsert([newer, vectorRecord("a", [0, 1, 0])]);
      expect(await index.query(query)).toMatchObject([{ id: "a", revision: newer.revision }]);
    },
  },
  {
    name: "what is deleted is found no more; deleting the absent is harmless",
    run: async ({ index }) => {
      await index.upsert([vectorRecord("a", [1, 0, 0]), vectorRecord("b", [1, 0, 0])]);
      await index.upsert([vectorRecord("a", [1, 0, 0], { scope: "other" })]);
      await index.delete([key, { scope: "", id: "missing" }]);
      await index.delete([key]);
      expect(idsOf(await index.query(query))).toEqual(["b"]);
      expect((await index.describe()).count).toBe(2);
      await index.upsert([vectorRecord("a", [1, 0, 0])]);
      expect(idsOf(await index.query(query))).toEqual(["a", "b"]);
    },
  },
  {
    name: "a vector of another dimension is refused, stored or asked",
    run: async ({ index }) => {
      for (const values of [[], [1, 0], [1, 0, 0, 0]]) {
        await expectRefused(index.upsert([vectorRecord("a", values)]), "E_DIMENSION_MISMATCH");
        const vector = Float32Array.from(values);
        await expectRefused(index.query({ vector, k: 1 }), "E_DIMENSION_MISMATCH");
      }
      expect((await index.describe()).count).toBe(0);
    },
  },
  {
    name: "NaN and Infinity are refused before anything of the call is stored",
    run: async ({ index }) => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const records = [vectorRecord("good", [1, 0, 0]), vectorRecord("a", [0, bad, 0])];
        await expectRefused(index.upsert(records), "E_INVALID_INPUT");
        await expectRefused(
          index.query({ vector: Float32Array.of(bad, 0, 0), k: 1 }),
          "E_INVALID_INPUT",
        );
      }
      expect((await index.describe()).count).toBe(0);
    },
  },
  {
    name: "malformed keys are refused",
    run: async ({ index }) => {
      for (const id of ["", "a\0", "\ud800", "x".repeat(513)]) {
        await expectRefused(index.upsert([vectorRecord(id, [1, 0, 0])]), "E_INVALID_INPUT");
      }
      await expectRefused(index.query({ ...query, scope: "\0" }), "E_INVALID_INPUT");
    },
  },
  {
    name: "changing a vector after the call does not change the index",
    run: async ({ index }) => {
      const record = vectorRecord("a", [1, 0, 0]);
      await index.upsert([record]);
      record.vector.set([0, 1, 0]);
      expect((await index.query(query))[0]?.score).toBeCloseTo(1, 5);
    },
  },
  {
    name: "a scan is in UTF-8 order of (scope, id) for any page size",
    run: async ({ index }) => {
      await expectKeysetScan(index, (keys) =>
        index.upsert(keys.map(({ scope, id }) => vectorRecord(id, [1, 0, 0], { scope }))),
      );
      await expectRefused(index.scan({ limit: 0 }), "E_INVALID_INPUT");
    },
  },
  {
    name: "describe tells dimension, metric, model and count",
    run: async ({ index, opened }) => {
      await index.upsert([vectorRecord("a", [1, 0, 0]), vectorRecord("a", [1, 0, 0])]);
      const { dimension, modelId, metric } = opened;
      expect(await index.describe()).toEqual({ dimension, modelId, metric, count: 1 });
    },
  },
  {
    name: "entries are there after reopening; another dimension or model is refused",
    skipWhen: forgetful,
    run: async ({ index, reopen, opened }) => {
      await index.upsert([vectorRecord("a", [1, 0, 0])]);
      const wrongDimension = reopen!({ ...opened, dimension: 4 });
      await expectRefused(wrongDimension, "E_DIMENSION_MISMATCH");
      await expectRefused(reopen!({ ...opened, modelId: "another" }), "E_MODEL_MISMATCH");
      const again = await reopen!(opened);
      expect(idsOf(await again.query(query))).toEqual(["a"]);
    },
  },
  {
    name: "an aborted signal stops a call; a closed index refuses; closing twice is harmless",
    run: async ({ index }) => {
      const signal = AbortSignal.abort();
      await expectRefused(index.upsert([vectorRecord("a", [1, 0, 0])], { signal }), "E_ABORTED");
      await expectRefused(index.query({ ...query, signal }), "E_ABORTED");
      expect((await index.describe()).count).toBe(0);
      await index.close();
      await index.close();
      await expectRefused(index.query(query), "E_CLOSED");
      await expectRefused(index.upsert([]), "E_CLOSED");
    },
  },
];
