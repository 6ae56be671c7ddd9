import { expect, test } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";

/** Longer than the lease of what a worker has claimed. */
const overLease = 61_000;

test("a deletion that lands after the last look of the next lease's holder is made good", async () => {
  const { open, vectors, documents, clock } = await memoryParts();
  const [slow, next] = [await open(), await open()];
  await slow.insert({ id: "a", text: "apple" });
  const [reached, landing] = [gate(), gate()];
  vectors.beforeDelete = async () => (reached.open(), landing.opened);
  const deleting = slow.delete({ id: "a" });
  await reached.opened;
  clock.advance(overLease);
  const { outbox } = documents;
  const settle = outbox.settle.bind(outbox);
  outbox.settle = async (...args) => {
    outbox.settle = settle;
    landing.open();
    await deleting;
    await settle(...args);
  };
  await next.upsert({ id: "a", text: "pear" });
  await next.flush();
  expect(await next.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
});

test("an old entry that a worker without its lease wrote before its batch failed is made good", async () => {
  const { open, vectors, clock } = await memoryParts();
  const [slow, next] = [await open({ consistency: "eventual" }), await open()];
  await slow.upsertMany([
    { id: "a", text: "apple" },
    { id: "b", text: "pear" },
  ]);
  await slow.delete({ id: "b" });
  const [reached, landing] = [gate(), gate()];
  vectors.beforeUpsert = async () => (reached.open(), landing.opened);
  const draining = slow.flush();
  await reached.opened;
  clock.advance(overLease);
  await next.delete({ id: "a" });
  vectors.beforeUpsert = () => undefined;
  let failures = 2;
  vectors.beforeDelete = () => {
    if (failures-- > 0) throw new Error("down");
  };
  landing.open();
  await draining;
  clock.advance(overLease);
  await next.flush();
  expect(await next.checkConsistency()).toMatchObject({ healthy: true, vectors: 0 });
});

test("an orphan's removal that fails after it took a document's new entry with it is made good", async () => {
  const { open, vectors, lexical, embedder } = await memoryParts();
  const store = await open();
  const [revision, vector] = [{ epoch: 0, counter: 1 }, embedder.vectorOf("apple")];
  await vectors.upsert([{ scope: "", id: "a", revision, metadata: {}, vector }]);
  const remove = lexical.delete.bind(lexical);
  lexical.delete = async (keys) => {
    lexical.delete = remove;
    await remove(keys);
    throw new Error("down after it was done");
  };
  let isFirst = true;
  vectors.beforeDelete = async () => {
    if (!isFirst) return;
    isFirst = false;
    await store.insert({ id: "a", text: "pear" });
  };
  await expect(store.repair()).rejects.toThrow("down after it was done");
  await store.flush();
  expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
});
