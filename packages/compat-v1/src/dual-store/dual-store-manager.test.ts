import { openMemoryEngine } from "@palimpsest/core/memory";
import { describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { LetterEmbedder } from "./fixtures/letter-embedder.ts";

async function overMemory(): Promise<DualStoreManager<"text", "createdAt">> {
  const engine = openMemoryEngine();
  const embedder = new LetterEmbedder(32);
  const vectors = await engine.openVectors({ dimension: 32, modelId: embedder.modelId });
  const { documents, lexical } = engine;
  const parts = { documents, vectors, lexical, embedder, close: () => engine.close() };
  return DualStoreManager.over("duck_memory", "text", "createdAt", parts, { env: {} });
}

describe("over another driver pair", () => {
  it("has what v1 lacked: update, delete, count, scan, scores, ids", async () => {
    const manager = await overMemory();
    const id = await manager.insert({ text: "the red cat", createdAt: 5, channel: "x" });
    await manager.insertMany([
      { id: "dog", text: "a blue dog", createdAt: 6, metadata: { kind: "pet" } },
      { id: "car", text: "a fast car", createdAt: 7 },
    ]);
    await manager.update(id, { metadata: { kind: "pet" } });
    expect((await manager.get(id))?.metadata).toMatchObject({ kind: "pet" });
    await manager.flush();
    const [best] = await manager.search(["red cat"], { limit: 2 });
    expect(best).toMatchObject({ id, text: "the red cat" });
    expect(best?.score).toBeGreaterThan(0.5);
    expect(await manager.count({ "metadata.kind": "pet" })).toBe(2);
    const pets = await manager.getMostRelevant(["anything"], 5, { kind: "pet" });
    expect(pets.map((entry) => entry.id).toSorted()).toEqual([id, "dog"].toSorted());
    expect(await manager.delete("car")).toBe(true);
    expect(await manager.delete("car")).toBe(false);
    const ids: string[] = [];
    for await (const entry of manager.scan({ pageSize: 1 })) ids.push(entry.id);
    expect(ids.toSorted()).toEqual([id, "dog"].toSorted());
    await expect(manager.purge({ confirm: "no" })).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
    expect(await manager.purge({ confirm: "duck_memory" })).toBe(2);
    await manager.close();
    await manager.close();
  });

  it("a query without a near document gives it with a low score; minScore leaves it out", async () => {
    const manager = await overMemory();
    await manager.insert({ id: "a", text: "apple", createdAt: 1 });
    await manager.flush();
    const [far] = await manager.search(["zebra"], { limit: 1 });
    expect(far?.score).toBeLessThan(0.5);
    expect(await manager.search(["zebra"], { limit: 1, minScore: 0.5 })).toEqual([]);
    await manager.close();
  });

  it("6.1 #11: several queries are ranked together under one limit, equal texts kept", async () => {
    const manager = await overMemory();
    await manager.insertMany([
      { id: "1", text: "cats sleep", createdAt: 1 },
      { id: "2", text: "dogs bark", createdAt: 2 },
      { id: "3", text: "dogs bark", createdAt: 3 },
    ]);
    await manager.flush();
    const found = await manager.getMostRelevant(["dogs bark", "dogs"], 2);
    expect(found.map(({ id }) => id).toSorted()).toEqual(["2", "3"]);
    await manager.close();
  });
});
