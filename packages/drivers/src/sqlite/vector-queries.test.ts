// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { DatabaseSync } from "node:sqlite";
import { MemoryVectorIndex } from "@palimpsest/core/memory";
import type { Metric, PutItem, VectorIndex, VectorRecord } from "@palimpsest/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryStore, type TemporaryStore } from "./fixtures/temporary-store.ts";

const dimension = 5;
const component = fc.oneof(
  fc.constantFrom(0, 1, -1, 1e-30, 1e-22, 1e18, 3e38),
  fc.float({ min: -1, max: 1, noNaN: true }),
);
const vector = fc
  .array(component, { minLength: dimension, maxLength: dimension })
  .map((values) => Float32Array.from(values));
/** Few distinct vectors, so that duplicates and ties are common. */
const corpus = fc
  .array(vector, { minLength: 1, maxLength: 6 })
  .chain((pool) => fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 40 }));

function toRecords(vectors: readonly Float32Array[], counter: number): VectorRecord[] {
  return vectors.map((each, i) => ({
    scope: "",
    id: `id-${i}`,
    revision: { epoch: 0, counter },
    vector: each,
    metadata: { even: i % 2 === 0 },
  }));
}

const ways = [
  ["on the calling thread", { inlineLimit: 1000 }],
  ["without sqlite-vec", { inlineLimit: 1000, useExtension: false }],
  ["in the worker", { inlineLimit: 0 }],
  ["in the worker without memory for copies", { inlineLimit: 0, cacheBytes: 1 }],
] as const;

for (const metric of ["cosine", "l2"] as const satisfies Metric[]) {
  for (const [name, options] of ways) {
    let store: TemporaryStore;
    let index: VectorIndex;
    beforeAll(async () => {
      store = await temporaryStore({ ...options, durability: "process" });
      index = await store.engine.openVectors({ dimension, modelId: "m", metric });
    });
    afterAll(() => store.dispose());

    test(`${metric} ${name} finds exactly what the reference index finds`, async () => {
      let counter = 0;
      const even = { op: "eq", path: ["even"], value: true } as const;
      await fc.assert(
        fc.asyncProperty(
          corpus,
          vector,
          fc.integer({ min: 1, max: 50 }),
          async (vectors, query, k) => {
            counter++;
            const reference = new MemoryVectorIndex({ dimension, modelId: "m", metric });
            const present = await index.scan({ limit: 1000 });
            await index.delete(present.entries);
            await index.upsert(toRecords(vectors, counter));
            await reference.upsert(toRecords(vectors, counter));
            expect(await index.query({ vector: query, k })).toEqual(
              await reference.query({ vector: query, k }),
            );
            expect(await index.query({ vector: query, k, filter: even })).toEqual(
              await reference.query({ vector: query, k, filter: even }),
            );
          },
        ),
        { numRuns: 40 },
      );
    });
  }
}

function record(id: string, counter: number, values: Float32Array): VectorRecord {
  return { scope: "s", id, revision: { epoch: 0, counter }, vector: values, metadata: {} };
}

test("the worker's copies follow every write of another process's connection", async () => {
  const store = await temporaryStore({ inlineLimit: 0 });
  const options = { dimension: 2, modelId: "m" };
  const reader = await store.engine.openVectors(options);
  const writer = await (await store.open()).openVectors(options);
  const right = Float32Array.of(1, 0);
  const best = async (): Promise<string | undefined> =>
    (await reader.query({ scope: "s", vector: right, k: 1 }))[0]?.id;
  await writer.upsert([
    record("a", 1, Float32Array.of(1, 1)),
    record("b", 1, Float32Array.of(0, 1)),
  ]);
  expect(await best()).toBe("a");
  await writer.upsert([record("b", 2, Float32Array.of(1, 0))]);
  expect(await best()).toBe("b");
  await writer.delete([{ scope: "s", id: "b" }]);
  expect(await best()).toBe("a");
  for (let counter = 2; counter < 40; counter++) {
    await writer.upsert([record("a", counter, Float32Array.of(counter, 1))]);
    const [hit] = await reader.query({ scope: "s", vector: right, k: 1 });
    expect(hit?.revision.counter).toBe(counter);
  }
  await store.dispose();
});

test("a copy with much that is gone is built anew and stays right", async () => {
  const store = await temporaryStore({ inlineLimit: 0, durability: "process" });
  const index = await store.engine.openVectors({ dimension: 2, modelId: "m" });
  const write = (counter: number): Promise<void> =>
    index.upsert(
      Array.from({ length: 600 }, (_, i) => ({
        scope: "",
        id: `id-${i}`,
        revision: { epoch: 0, counter },
        vector: Float32Array.of(i + counter, 600),
        metadata: {},
      })),
    );
  for (let counter = 1; counter <= 4; counter++) {
    await write(counter);
    const hits = await index.query({ vector: Float32Array.of(1, 0), k: 600 });
    expect(hits.map((hit) => hit.revision.counter)).toEqual(Array(600).fill(counter));
    expect(hits[0]?.id).toBe("id-599");
  }
  await store.dispose();
});

function put(id: string, text: string): PutItem {
  return { type: "put", document: { scope: "", id, text, metadata: {}, timestamp: 1 } };
}

test("what a late indexer brings for a deleted or newer document is not stored", async () => {
  const store = await temporaryStore();
  const { documents, lexical } = store.engine;
  const index = await store.engine.openVectors({ dimension: 2, modelId: "m" });
  const results = await documents.write([put("gone", "old"), put("moved", "old")]);
  const entries = results.flatMap((result) => (result.status === "written" ? [result.stored] : []));
  await documents.write([{ type: "delete", key: put("gone", "").document }, put("moved", "new")]);
  await index.upsert(
    entries.map((entry) => Object.assign({ vector: Float32Array.of(1, 0) }, entry)),
  );
  await lexical.upsert(entries);
  expect((await index.scan({ limit: 9 })).entries).toEqual([]);
  expect(await lexical.query({ text: "old", k: 9 })).toEqual([]);
  expect(await lexical.query({ text: "new", k: 9 })).toHaveLength(1);
  await store.dispose();
});

test("a vector that changes while its write waits for a lock is stored as it was given", async () => {
  const store = await temporaryStore();
  const index = await store.engine.openVectors({ dimension: 2, modelId: "m" });
  const holder = new DatabaseSync(store.path);
  holder.exec("BEGIN IMMEDIATE");
  const given = Float32Array.of(1, 0);
  const writing = store.engine.documents.write([{ ...put("a", "text"), vector: given }]);
  given.set([0, 1]);
  holder.close();
  await writing;
  const [hit] = await index.query({ vector: Float32Array.of(1, 0), k: 1 });
  expect(hit?.score).toBe(1);
  await store.dispose();
});
