import { PalimpsestError } from "@palimpsest/core";
import { expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { failing } from "./fixtures/word-embedder.ts";

test("every part that answers is healthy", async () => {
  const store = await (await memoryParts()).open();
  const health = await store.health();
  expect(health.healthy).toBe(true);
  expect(health.parts.map(({ role, name }) => [role, name])).toEqual([
    ["documents", "memory"],
    ["vectors", "memory"],
    ["lexical", "memory"],
    ["embedder", "words"],
  ]);
});

test("a part that is down is named with a typed problem, the others still answer", async () => {
  const { open, embedder, vectors } = await memoryParts();
  const store = await open();
  embedder.before = failing(1, "connection refused");
  vectors.describe = async () => {
    throw new PalimpsestError("E_LOCKED", "held by another process");
  };
  const { healthy, parts } = await store.health();
  expect(healthy).toBe(false);
  expect(parts.filter(({ reachable }) => !reachable)).toMatchObject([
    { role: "vectors", problem: { code: "E_LOCKED" } },
    { role: "embedder", problem: { code: "E_EMBEDDING_FAILED" } },
  ]);
});

test("the embedder can be left alone", async () => {
  const { open, embedder } = await memoryParts();
  const store = await open();
  expect((await store.health({ embedder: false })).parts).toHaveLength(3);
  expect(embedder.calls).toEqual([]);
});

test("stats counts documents, vectors and what waits", async () => {
  const { open } = await memoryParts();
  const store = await open({ consistency: "eventual" });
  await store.upsertMany([{ text: "a" }, { text: "b", scope: "s" }, { text: "" }]);
  expect(await store.stats()).toMatchObject({
    documents: 3,
    vectors: 0,
    outbox: { pending: 2, quarantined: 0 },
  });
  await store.flush();
  expect(await store.stats()).toMatchObject({ documents: 3, vectors: 2, outbox: { pending: 0 } });
});
