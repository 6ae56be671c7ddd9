// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { StorageEngine } from "../engine.ts";
import type { VectorIndex } from "../vector-index.ts";
import type { DocumentStoreCase, DocumentStoreContext } from "./document-context.ts";
import { deletion, documentOf, idsOf, put, recordOf, writeOne } from "./samples.ts";

const east = new Float32Array([1, 0]);
const north = new Float32Array([0, 1]);

async function indexesOf({ engine }: DocumentStoreContext): Promise<{
  engine: StorageEngine;
  vectors: VectorIndex;
}> {
  if (!engine) throw new TypeError("a coIndexed store needs `engine` in its fixture");
  return { engine, vectors: await engine.openVectors({ dimension: 2, modelId: "contract" }) };
}

const separate = ({ store }: DocumentStoreContext): string | undefined =>
  store.capabilities.coIndexed ? undefined : "vectors and terms are kept apart from documents";

/** What a `coIndexed` driver commits together with the document. */
export const documentCoIndexing: readonly DocumentStoreCase[] = [
  {
    name: "a put with its vector is found by vector and by term at once, with no work left",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      const { revision } = await writeOne(context.store, {
        ...put("a", { text: "blue sea" }),
        vector: east,
      });
      const hit = { scope: "", id: "a", revision };
      expect(await vectors.query({ vector: east, k: 5 })).toMatchObject([hit]);
      expect(await engine.lexical.query({ text: "sea", k: 5 })).toMatchObject([hit]);
      expect((await context.store.outbox.stats()).pending).toBe(0);
    },
  },
  {
    name: "a put without a vector is found by term and asks for its vector",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      await writeOne(context.store, { ...put("a", { text: "old sea" }), vector: east });
      await writeOne(context.store, put("a", { text: "blue sky" }));
      expect(idsOf(await engine.lexical.query({ text: "sky", k: 5 }))).toEqual(["a"]);
      expect(await engine.lexical.query({ text: "sea", k: 5 })).toEqual([]);
      expect((await context.store.outbox.stats()).pending).toBe(1);
      const { entries } = await vectors.scan({ limit: 9 });
      expect(entries.every(({ revision }) => revision.counter < 2)).toBe(true);
    },
  },
  {
    name: "replacing, emptying and deleting a document do the same to its index entries",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      for (const id of ["replaced", "emptied", "deleted"]) {
        await writeOne(context.store, { ...put(id, { text: "sea" }), vector: east });
      }
      await writeOne(context.store, { ...put("replaced", { text: "sky" }), vector: north });
      await context.store.write([put("emptied", { text: "" }), deletion("deleted")]);
      expect(idsOf((await vectors.scan({ limit: 9 })).entries)).toEqual(["replaced"]);
      expect((await vectors.query({ vector: north, k: 9 }))[0]?.score).toBeCloseTo(1, 5);
      expect(await engine.lexical.query({ text: "sea", k: 9 })).toEqual([]);
      expect(idsOf((await engine.lexical.scan({ limit: 9 })).entries)).toEqual(["replaced"]);
      expect((await context.store.outbox.stats()).pending).toBe(0);
    },
  },
  {
    name: "a write that is refused leaves the index as it was",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      const stored = await writeOne(context.store, { ...put("a", { text: "sea" }), vector: east });
      const conflict = { ...put("a", { text: "sky" }), vector: north, ifRevision: null };
      await context.store.write([conflict]);
      const bad = { ...put("b", { text: "sky" }), vector: new Float32Array([Number.NaN, 0]) };
      await expect(context.store.write([bad])).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
      const long = { ...put("b", { text: "sky" }), vector: new Float32Array(3) };
      await expect(context.store.write([long])).rejects.toMatchObject({
        code: "E_DIMENSION_MISMATCH",
      });
      expect(await vectors.scan({ limit: 9 })).toMatchObject({
        entries: [{ id: "a", revision: stored.revision }],
      });
      expect(await engine.lexical.query({ text: "sky", k: 9 })).toEqual([]);
      expect(await context.store.count()).toBe(1);
    },
  },
  {
    name: "putIfNewer indexes what it applies and nothing else",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      const recent = recordOf(documentOf("a", { text: "sky" }), 2);
      const old = recordOf(documentOf("a", { text: "sea" }), 1);
      await context.store.putIfNewer([recent, old], { vectors: [north, east] });
      expect((await vectors.query({ vector: north, k: 9 }))[0]).toMatchObject({
        id: "a",
        revision: recent.revision,
      });
      expect(await engine.lexical.query({ text: "sea", k: 9 })).toEqual([]);
      expect((await context.store.outbox.stats()).pending).toBe(0);
    },
  },
  {
    name: "the documents and the indexes that commit with them carry one commit group",
    capability: "coIndexed",
    skipWhen: separate,
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      expect(context.store.commitGroup).toBeDefined();
      expect(vectors.commitGroup).toBe(context.store.commitGroup);
      expect(engine.lexical.commitGroup).toBe(context.store.commitGroup);
    },
  },
  {
    name: "a vector of another model than the active index's is not stored, and the right one asked for",
    capability: "coIndexed",
    skipWhen: (context) =>
      separate(context) ??
      (context.engine?.dropVectors ? undefined : "the engine keeps one index only"),
    run: async (context) => {
      const { engine, vectors } = await indexesOf(context);
      const next = { dimension: 3, modelId: "next" };
      const beside = await engine.openVectors({ ...next, beside: true });
      await context.store.settings.set("embedder", { dimension: 2, modelId: "contract" });
      const first = { ...put("a", { text: "sea" }), vector: east };
      await context.store.write([first], { modelId: "contract" });
      await context.store.settings.set("embedder", next);
      await context.store.write([{ ...put("b", { text: "sky" }), vector: east }], {
        modelId: "contract",
      });
      const up = new Float32Array([0, 0, 1]);
      await context.store.write([{ ...put("c", { text: "sun" }), vector: up }], {
        modelId: "next",
      });
      expect(idsOf((await vectors.scan({ limit: 9 })).entries)).toEqual(["a"]);
      expect(idsOf((await beside.scan({ limit: 9 })).entries)).toEqual(["c"]);
      const work = await context.store.outbox.claim({ owner: "w", limit: 9, leaseMs: 9 });
      expect(idsOf(work)).toEqual(["b"]);
    },
  },
  {
    name: "with indexElsewhere every write leaves index work, and no vector is kept",
    capability: "indexElsewhere",
    skipWhen: (context) =>
      separate(context) ??
      (context.store.capabilities.indexElsewhere
        ? undefined
        : "the driver queues only what it cannot index itself"),
    run: async (context) => {
      const { vectors } = await indexesOf(context);
      const { store } = context;
      const elsewhere = { indexElsewhere: true };
      const settled = async (): Promise<string[]> => {
        const work = await store.outbox.claim({ owner: "w", limit: 9, leaseMs: 9 });
        await store.outbox.settle("w", work);
        return idsOf(work).toSorted();
      };
      const given = { ...put("a", { text: "sea" }), vector: east };
      await store.write([given, put("b"), put("c")], elsewhere);
      expect(await settled()).toEqual(["a", "b", "c"]);
      await store.write([put("a", { text: "" }), deletion("b"), deletion("never")], elsewhere);
      expect(await settled()).toEqual(["a", "b"]);
      await store.write([{ ...put("c", { text: "sky" }), ifRevision: null }], elsewhere);
      expect(await settled()).toEqual([]);
      expect((await vectors.describe()).count).toBe(0);
    },
  },
];
