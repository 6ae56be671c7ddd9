import { type StorageEngine, type VectorIndex } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { test, expect } from "vitest";
import { SemanticStore } from "./semantic-store.ts";

test("smoke", async () => {
  const engine: StorageEngine = openMemoryEngine();
  const embedder = {
    modelId: "m",
    dimension: 2,
    settings: { driver: "m" },
    embed: async (t: readonly string[]) => t.map((x) => new Float32Array([x.length, 1])),
  };
  const vectors: VectorIndex = await engine.openVectors({ dimension: 2, modelId: "m" });
  const store = await SemanticStore.open({
    documents: engine.documents,
    vectors,
    lexical: engine.lexical,
    embedder,
  });
  await store.insert({ id: "a", text: "hello world" });
  await store.insert({ id: "b", text: "goodbye moon" });
  expect((await store.search("world")).map((h) => h.id)).toEqual(["a", "b"]);
  expect(await store.checkConsistency()).toMatchObject({
    healthy: true,
    documents: 2,
    vectors: 2,
    pending: 0,
  });
  await store.delete({ id: "a" });
  expect(await store.checkConsistency()).toMatchObject({
    healthy: true,
    documents: 1,
    vectors: 1,
    pending: 0,
  });
  expect((await store.search("world")).map((h) => h.id)).toEqual(["b"]);
  await store.close();
});
