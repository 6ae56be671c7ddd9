import { expect, test } from "vitest";
import { temporaryStore } from "./fixtures/temporary-store.ts";

const first = { modelId: "first", dimension: 2 };
const second = { modelId: "second", dimension: 3 };
const short = new Float32Array([1, 0]);
const long = new Float32Array([1, 0, 0]);

function put(id: string, vector: Float32Array) {
  const document = { scope: "", id, text: `text ${id}`, metadata: {}, timestamp: 1 };
  return { type: "put" as const, document, vector };
}

function entry(id: string, vector: Float32Array) {
  return { scope: "", id, revision: { epoch: 0, counter: 1 }, metadata: {}, vector };
}

test("a document that is changed or deleted leaves no vector of any model behind", async () => {
  await using store = await disposable();
  const { engine } = store;
  const one = await engine.openVectors(first);
  const two = await engine.openVectors({ ...second, beside: true });
  await engine.documents.settings.set("embedder", first);
  await engine.documents.write(["a", "b", "c"].map((id) => put(id, short)));
  await two.upsert(["a", "b", "c"].map((id) => entry(id, long)));
  await engine.documents.write([{ type: "delete", key: { scope: "", id: "a" } }, put("b", short)]);
  expect((await one.scan({ limit: 9 })).entries.map(({ id }) => id)).toEqual(["b", "c"]);
  expect((await two.scan({ limit: 9 })).entries.map(({ id }) => id)).toEqual(["c"]);
  expect((await two.describe()).count).toBe(1);
});

test("another process's index is seen by one that had opened the file before", async () => {
  await using store = await disposable();
  const { engine } = store;
  await engine.openVectors(first);
  await engine.documents.write([put("a", short)]);
  const other = await store.open();
  const two = await other.openVectors({ ...second, beside: true });
  await two.upsert([entry("a", long)]);
  await other.documents.settings.set("embedder", second);
  await engine.documents.write([put("a", short), put("b", short)], { modelId: "first" });
  expect((await two.describe()).count).toBe(0);
  expect((await engine.documents.outbox.stats()).pending).toBe(2);
  expect(await engine.listVectors()).toHaveLength(2);
  await other.close();
});

test("the switch may come while a write waits for its turn", async () => {
  await using store = await disposable();
  const { engine } = store;
  const one = await engine.openVectors(first);
  const two = await engine.openVectors({ ...second, beside: true });
  await engine.documents.settings.set("embedder", first);
  const other = await store.open();
  const switching = other.documents.settings.set("embedder", second);
  await Promise.all([switching, engine.documents.write([put("a", short)], { modelId: "first" })]);
  const counts = [(await one.describe()).count, (await two.describe()).count];
  const { pending } = await engine.documents.outbox.stats();
  expect([
    [1, 0, 0],
    [0, 0, 1],
  ]).toContainEqual([...counts, pending]);
  await other.close();
});

test("a dropped index refuses, even where its table is used again", async () => {
  await using store = await disposable();
  const { engine } = store;
  const one = await engine.openVectors(first);
  await one.upsert([entry("a", short)]);
  await engine.openVectors({ ...second, beside: true });
  expect(await engine.dropVectors(first)).toBe(true);
  await expect(one.upsert([entry("a", short)])).rejects.toMatchObject({ code: "E_CLOSED" });
  const third = await engine.openVectors({ modelId: "third", dimension: 2, beside: true });
  await third.upsert([entry("b", short)]);
  expect((await third.query({ vector: short, k: 9 })).map(({ id }) => id)).toEqual(["b"]);
  expect(await engine.dropVectors(second)).toBe(true);
  const fourth = await engine.openVectors({ ...first, beside: true });
  await fourth.upsert([entry("c", short)]);
  await expect(one.query({ vector: short, k: 9 })).rejects.toMatchObject({ code: "E_CLOSED" });
  expect((await fourth.query({ vector: short, k: 9 })).map(({ id }) => id)).toEqual(["c"]);
  expect((await engine.listVectors()).map(({ modelId }) => modelId).toSorted()).toEqual([
    "first",
    "third",
  ]);
});

test("large scans in the worker keep the indexes apart", async () => {
  await using store = await disposable({ inlineLimit: 0 });
  const { engine } = store;
  const one = await engine.openVectors(first);
  const two = await engine.openVectors({ ...second, beside: true });
  await one.upsert([entry("a", short)]);
  await two.upsert([entry("b", long)]);
  for (let round = 0; round < 2; round++) {
    expect(await one.query({ vector: short, k: 9 })).toMatchObject([{ id: "a", score: 1 }]);
    expect(await two.query({ vector: long, k: 9 })).toMatchObject([{ id: "b", score: 1 }]);
  }
});

test("compacting keeps a tombstone that an index of another model still has an entry of", async () => {
  await using store = await disposable();
  const { engine } = store;
  const one = await engine.openVectors(first);
  const two = await engine.openVectors({ ...second, beside: true });
  await engine.documents.settings.set("embedder", first);
  await engine.documents.write([put("a", short)]);
  await engine.documents.write([{ type: "delete", key: { scope: "", id: "a" } }]);
  await two.upsert([{ ...entry("a", long), revision: { epoch: 0, counter: 9 } }]);
  expect(await engine.documents.compact({ olderThan: Number.MAX_SAFE_INTEGER })).toBe(0);
  await two.delete([{ scope: "", id: "a" }]);
  expect(await engine.documents.compact({ olderThan: Number.MAX_SAFE_INTEGER })).toBe(1);
  expect((await one.describe()).count).toBe(0);
});

async function disposable(options: Parameters<typeof temporaryStore>[0] = {}) {
  const store = await temporaryStore({ durability: "process", ...options });
  return { ...store, [Symbol.asyncDispose]: () => store.dispose() };
}
