import { expect } from "vitest";
import type { VectorEngine } from "../engine.ts";
import { expectRefused, idsOf } from "./samples.ts";
import type { VectorIndexCase, VectorIndexContext } from "./vector-context.ts";
import { vectorRecord } from "./vector-queries.ts";

const query = { vector: Float32Array.of(1, 0, 0), k: 9 };
const other = { dimension: 2, modelId: "another" };

const onlyOne = ({ engine }: VectorIndexContext): string | undefined => {
  if (engine === undefined) return "the fixture gives no `engine`";
  const { listVectors, dropVectors } = engine;
  return listVectors && dropVectors ? undefined : "the engine keeps one index only";
};

type SideBySide = VectorEngine & Required<Pick<VectorEngine, "listVectors" | "dropVectors">>;

/** Those that get here passed `onlyOne`. */
function sideBySide({ engine }: VectorIndexContext): SideBySide {
  return engine as SideBySide;
}

/** Indexes of several models in one engine, as re-embedding a store needs them. */
export const vectorSideBySide: readonly VectorIndexCase[] = [
  {
    name: "an index of another model is refused unless it is asked for beside, then opens by itself",
    skipWhen: onlyOne,
    run: async (context) => {
      const engine = sideBySide(context);
      await expectRefused(engine.openVectors(other), "E_DIMENSION_MISMATCH");
      const sameDimension = { ...context.opened, modelId: "another" };
      await expectRefused(engine.openVectors(sameDimension), "E_MODEL_MISMATCH");
      expect(await engine.listVectors()).toHaveLength(1);
      const second = await engine.openVectors({ ...other, beside: true });
      expect(await second.describe()).toMatchObject({ ...other, metric: "cosine", count: 0 });
      await second.upsert([vectorRecord("a", [1, 0])]);
      expect((await (await engine.openVectors(other)).describe()).count).toBe(1);
      expect((await (await engine.openVectors(context.opened)).describe()).count).toBe(0);
      await expectRefused(engine.openVectors({ ...other, modelId: "3rd" }), "E_MODEL_MISMATCH");
    },
  },
  {
    name: "indexes side by side share no entry and keep their own dimension",
    skipWhen: onlyOne,
    run: async (context) => {
      const { index, opened } = context;
      const engine = sideBySide(context);
      const second = await engine.openVectors({ ...other, beside: true });
      const twin = await engine.openVectors({ ...opened, modelId: "twin", beside: true });
      await index.upsert([vectorRecord("a", [1, 0, 0]), vectorRecord("b", [1, 0, 0])]);
      await second.upsert([vectorRecord("a", [0, 1]), vectorRecord("c", [1, 0])]);
      await twin.upsert([vectorRecord("d", [1, 0, 0])]);
      await expectRefused(second.upsert([vectorRecord("x", [1, 0, 0])]), "E_DIMENSION_MISMATCH");
      await second.delete([{ scope: "", id: "a" }]);
      expect(idsOf(await index.query(query))).toEqual(["a", "b"]);
      expect(idsOf(await second.query({ vector: Float32Array.of(1, 0), k: 9 }))).toEqual(["c"]);
      expect(idsOf(await twin.query(query))).toEqual(["d"]);
      expect(idsOf((await index.scan({ limit: 9 })).entries)).toEqual(["a", "b"]);
      expect(idsOf((await second.scan({ limit: 9 })).entries)).toEqual(["c"]);
      const counts = (await engine.listVectors()).map(({ modelId, count }) => [modelId, count]);
      expect(counts.toSorted()).toEqual([
        ["another", 1],
        [opened.modelId, 2],
        ["twin", 1],
      ]);
    },
  },
  {
    name: "dropping an index erases it and nothing else; opened again it is empty",
    skipWhen: onlyOne,
    run: async (context) => {
      const { index, opened } = context;
      const engine = sideBySide(context);
      const second = await engine.openVectors({ ...other, beside: true });
      await index.upsert([vectorRecord("a", [1, 0, 0])]);
      await second.upsert([vectorRecord("a", [1, 0])]);
      expect(await engine.dropVectors({ ...other, modelId: "never" })).toBe(false);
      expect(await engine.dropVectors(other)).toBe(true);
      expect(await engine.dropVectors(other)).toBe(false);
      expect(idsOf(await index.query(query))).toEqual(["a"]);
      expect(await engine.listVectors()).toMatchObject([{ modelId: opened.modelId, count: 1 }]);
      await expectRefused(engine.openVectors(other), "E_DIMENSION_MISMATCH");
      const again = await engine.openVectors({ ...other, beside: true });
      expect((await again.describe()).count).toBe(0);
      await engine.dropVectors(opened);
      expect((await (await engine.openVectors(other)).describe()).count).toBe(0);
      expect(await engine.listVectors()).toHaveLength(1);
    },
  },
  {
    name: "indexes side by side are there after reopening",
    skipWhen: (context) => {
      if (!context.reopen) return "the index does not outlive its process";
      return onlyOne(context);
    },
    run: async (context) => {
      const second = await sideBySide(context).openVectors({ ...other, beside: true });
      await context.index.upsert([vectorRecord("a", [1, 0, 0])]);
      await second.upsert([vectorRecord("b", [1, 0])]);
      const again = await context.reopen!(other);
      expect(idsOf((await again.scan({ limit: 9 })).entries)).toEqual(["b"]);
    },
  },
];
