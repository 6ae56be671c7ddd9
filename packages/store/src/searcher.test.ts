import { describe, expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { failing } from "./fixtures/word-embedder.ts";

async function filled() {
  const parts = await memoryParts();
  const store = await parts.open();
  await store.upsertMany([
    { id: "tea", text: "green tea from japan", metadata: { hot: true } },
    { id: "coffee", text: "black coffee from brazil", metadata: { hot: true } },
    { id: "juice", text: "orange juice", metadata: { hot: false } },
    { scope: "s", id: "tea", text: "iced tea" },
  ]);
  parts.embedder.calls.length = 0;
  return { ...parts, store };
}

function ids(hits: readonly { id: string }[]): string[] {
  return hits.map(({ id }) => id);
}

describe("modes", () => {
  test("each mode finds, returns whole documents and scores in [0, 1]", async () => {
    const { store } = await filled();
    for (const mode of ["hybrid", "vector", "lexical"] as const) {
      const [best] = await store.search("green tea", { mode, k: 2 });
      expect(best).toMatchObject({ scope: "", id: "tea", text: "green tea from japan" });
      expect(best?.metadata).toEqual({ hot: true });
      expect(best?.score).toBeGreaterThan(0.5);
      expect(best?.score).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  test("lexical mode needs no embedder, and the query is embedded as a query with statistics", async () => {
    const { store, embedder } = await filled();
    await store.search("green tea", { mode: "lexical" });
    expect(embedder.calls).toEqual([]);
    await store.search("tea from tea");
    expect(embedder.calls).toHaveLength(1);
    const { kind, statistics } = embedder.calls[0]?.options ?? {};
    expect(kind).toBe("query");
    expect(statistics?.documents).toBe(3);
    expect([...(statistics?.frequencies ?? [])]).toEqual([
      ["tea", 1],
      ["from", 2],
    ]);
  });

  test("a failing embedder fails hybrid and vector search instead of answering by words alone", async () => {
    const { store, embedder } = await filled();
    embedder.before = failing(2);
    await expect(store.search("tea")).rejects.toMatchObject({
      code: "E_EMBEDDING_FAILED",
      cause: expect.objectContaining({ message: "down" }),
    });
    await expect(store.search("tea", { mode: "vector" })).rejects.toMatchObject({
      code: "E_EMBEDDING_FAILED",
    });
    expect(ids(await store.search("tea", { mode: "lexical" }))).toEqual(["tea"]);
  });

  test("an embedder that returns something unusable is named", async () => {
    const { store, embedder } = await filled();
    embedder.embed = async () => [];
    await expect(store.search("tea")).rejects.toThrow(/0 vectors for 1 texts/);
    embedder.embed = async () => [new Float32Array(2)];
    await expect(store.search("tea")).rejects.toThrow(/2 dimensions instead of the 32/);
    embedder.embed = async () => [new Float32Array(32).fill(Number.NaN)];
    await expect(store.search("tea")).rejects.toThrow(/NaN/);
  });

  test("a keyword-only hit is reachable however many documents are near by vector", async () => {
    const { store, embedder } = await filled();
    const near = embedder.vectorOf("zebra");
    const far = embedder.vectorOf("completely different words here");
    await store.upsertMany(
      Array.from({ length: 300 }, (_, i) => ({ id: `n${i}`, text: "filler", vector: near })),
    );
    await store.upsert({ id: "keyword", text: "zebra", vector: far });
    expect(ids(await store.search("zebra", { k: 5 }))[0]).toBe("keyword");
  });

  test("a query without words finds nothing", async () => {
    const { store } = await filled();
    expect(await store.search("")).toEqual([]);
    expect(await store.search("  \n ")).toEqual([]);
  });
});

describe("options", () => {
  test("k = 0 gives nothing and asks nothing", async () => {
    const { store, embedder } = await filled();
    expect(await store.search("tea", { k: 0 })).toEqual([]);
    expect(embedder.calls).toEqual([]);
  });

  test.each([
    [{ k: -1 }, "E_INVALID_INPUT"],
    [{ k: 1.5 }, "E_INVALID_INPUT"],
    [{ k: 1001 }, "E_INVALID_INPUT"],
    [{ mode: "fuzzy" as "hybrid" }, "E_INVALID_INPUT"],
    [{ filter: { op: "like" } as never }, "E_INVALID_INPUT"],
    [{ vector: new Float32Array(3) }, "E_DIMENSION_MISMATCH"],
  ])("%j is refused", async (options, code) => {
    const { store } = await filled();
    await expect(store.search("tea", options)).rejects.toMatchObject({ code });
  });

  test("scopes are kept apart unless all are asked for", async () => {
    const { store } = await filled();
    expect(await store.search("tea", { mode: "lexical" })).toMatchObject([{ scope: "" }]);
    expect(await store.search("tea", { scope: "s" })).toMatchObject([{ text: "iced tea" }]);
    expect(await store.search("tea", { allScopes: true, mode: "lexical" })).toHaveLength(2);
  });

  test("a filter that an index cannot compile is answered by the documents", async () => {
    const { store, vectors } = await filled();
    const filter = { op: "eq", path: ["hot"], value: false } as const;
    expect(ids(await store.search("tea juice", { filter, mode: "vector" }))).toEqual(["juice"]);
    expect(vectors.queries.at(-1)?.keys).toBeUndefined();
    vectors.compilesFilters = false;
    expect(ids(await store.search("tea juice", { filter, mode: "vector" }))).toEqual(["juice"]);
    expect(vectors.queries.at(-1)).toMatchObject({ keys: [{ scope: "", id: "juice" }] });
    const none = { op: "eq", path: ["hot"], value: "lukewarm" } as const;
    expect(await store.search("tea", { filter: none, mode: "vector" })).toEqual([]);
  });

  test("the candidate depth is bounded by k", async () => {
    const { store, vectors } = await filled();
    await store.search("tea", { k: 3 });
    await store.search("tea", { k: 100 });
    expect(vectors.queries.map(({ k }) => k)).toEqual([100, 400]);
  });
});

describe("hits and documents", () => {
  test("a hit whose document is gone or changed is dropped and the result topped up", async () => {
    const parts = await memoryParts();
    const store = await parts.open();
    const vector = parts.embedder.vectorOf("tea");
    const inputs = Array.from({ length: 400 }, (_, i) => ({
      id: `d${1000 + i}`,
      text: "tea",
      vector,
    }));
    await store.upsertMany(inputs);
    const behind = await parts.open({ consistency: "eventual" });
    await behind.upsertMany(inputs.slice(0, 100).map(({ id }) => ({ id, text: "coffee" })));
    for (const { id } of inputs.slice(100, 300)) {
      await behind.delete({ id });
    }
    for (const mode of ["vector", "lexical", "hybrid"] as const) {
      const hits = await store.search("tea", { mode, k: 10 });
      expect(ids(hits)).toEqual(inputs.slice(300, 310).map(({ id }) => id));
      expect(hits.every(({ text }) => text === "tea")).toBe(true);
    }
  });
});
