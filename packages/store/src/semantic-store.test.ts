import { type DocumentInput, type Filter, PalimpsestError } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { SemanticStore } from "./semantic-store.ts";

const tea: Filter = { op: "eq", path: ["drink"], value: "tea" };

async function openStore() {
  const parts = await memoryParts();
  return { ...parts, store: await parts.open() };
}

async function idsOf(documents: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of documents) ids.push(id);
  return ids;
}

describe("writing", () => {
  test("what insert reports is what get returns, defaults filled in", async () => {
    const { store, clock } = await openStore();
    const inserted = await store.insert({ text: "green tea", metadata: { n: -0 } });
    expect(inserted).toMatchObject({
      scope: "",
      text: "green tea",
      metadata: { n: 0 },
      timestamp: clock.now(),
      revision: { epoch: 0, counter: 1 },
      deleted: false,
    });
    expect(inserted.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await store.get({ id: inserted.id })).toEqual(inserted);
  });

  test("insertMany names what existed and stores the others", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "first" });
    await expect(
      store.insertMany([
        { id: "a", text: "second" },
        { id: "b", text: "other" },
      ]),
    ).rejects.toMatchObject({ code: "E_CONFLICT", message: expect.stringContaining('"a"') });
    expect((await store.get({ id: "a" }))?.text).toBe("first");
    expect((await store.get({ id: "b" }))?.text).toBe("other");
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, documents: 2 });
  });

  test("insert over a deleted document continues its revisions", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "first" });
    await store.delete({ id: "a" });
    expect((await store.insert({ id: "a", text: "again" })).revision.counter).toBe(3);
  });

  test.each<[string, DocumentInput]>([
    ["a lone surrogate", { id: "x", text: "\ud800" }],
    ["U+0000", { id: "x", text: "a\0b" }],
    ["an empty id", { id: "", text: "a" }],
    ["NaN in metadata", { id: "x", text: "a", metadata: { n: Number.NaN } }],
    ["a fractional timestamp", { id: "x", text: "a", timestamp: 1.5 }],
    ["no text", { id: "x" } as unknown as DocumentInput],
    ["null", null as unknown as DocumentInput],
    ["a vector with NaN", { id: "x", text: "a", vector: new Float32Array(32).fill(Number.NaN) }],
    ["a plain array as vector", { id: "x", text: "a", vector: [1] as unknown as Float32Array }],
  ])("%s is refused before anything of the batch is written", async (_, bad) => {
    const { store } = await openStore();
    const inputs = [{ id: "good", text: "fine" }, bad];
    await expect(store.upsertMany(inputs)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    await expect(store.insertMany(inputs)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    expect(await store.count({ allScopes: true })).toBe(0);
  });

  test("a vector of another dimension is refused before the document is written", async () => {
    const { store } = await openStore();
    await expect(store.insert({ text: "a", vector: new Float32Array(3) })).rejects.toMatchObject({
      code: "E_DIMENSION_MISMATCH",
    });
    expect(await store.count()).toBe(0);
  });

  test("a given vector is used instead of an embedding call", async () => {
    const { store, embedder } = await openStore();
    const vector = embedder.vectorOf("something else");
    await store.upsertMany([{ id: "a", text: "plain", vector }]);
    expect(embedder.calls).toEqual([]);
    const [hit] = await store.search("", { mode: "vector", vector });
    expect(hit).toMatchObject({ id: "a", score: expect.closeTo(1) });
  });

  test("one batch is one embedding call", async () => {
    const { store, embedder } = await openStore();
    await store.upsertMany([{ text: "one" }, { text: "two" }, { text: "" }]);
    expect(embedder.calls.map(({ texts, options }) => [texts, options.kind])).toEqual([
      [["one", "two"], "document"],
    ]);
  });

  test("the last of equal keys in a batch wins, in documents and indexes", async () => {
    const { store } = await openStore();
    const [, last] = await store.upsertMany([
      { id: "a", text: "apple" },
      { id: "a", text: "pear" },
    ]);
    expect(await store.get({ id: "a" })).toEqual(last);
    expect(await store.search("apple", { mode: "lexical" })).toEqual([]);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, pending: 0 });
  });

  test("an empty text is stored, not indexed, and leaves the index when it replaces one", async () => {
    const { store } = await openStore();
    await store.upsert({ id: "a", text: "apple" });
    await store.upsert({ id: "a", text: "", metadata: { kind: "session" } });
    expect(await store.search("apple")).toEqual([]);
    expect(await store.checkConsistency()).toMatchObject({
      healthy: true,
      documents: 1,
      unindexed: 1,
      vectors: 0,
      pending: 0,
    });
  });

  test("an empty batch writes nothing", async () => {
    const { store } = await openStore();
    expect(await store.upsertMany([])).toEqual([]);
    expect(await store.insertMany([])).toEqual([]);
  });

  test("a fired signal stops a write before it happens", async () => {
    const { store } = await openStore();
    const signal = AbortSignal.abort();
    await expect(store.insert({ text: "a" }, { signal })).rejects.toMatchObject({
      code: "E_ABORTED",
    });
    expect(await store.count()).toBe(0);
  });
});

describe("update", () => {
  test("changes the given fields only and indexes the new text", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "apple", metadata: { n: 1 }, timestamp: 5 });
    const updated = await store.update({ id: "a" }, { text: "pear" });
    expect(updated).toMatchObject({ text: "pear", metadata: { n: 1 }, timestamp: 5 });
    expect(await store.search("pear", { mode: "lexical" })).toHaveLength(1);
    expect(await store.search("apple", { mode: "lexical" })).toEqual([]);
  });

  test("refuses what does not exist and another revision than asked for", async () => {
    const { store } = await openStore();
    const first = await store.insert({ id: "a", text: "one" });
    await store.update({ id: "a" }, { text: "two" });
    await expect(store.update({ id: "b" }, { text: "x" })).rejects.toMatchObject({
      code: "E_NOT_FOUND",
    });
    await expect(
      store.update({ id: "a" }, { text: "three" }, { ifRevision: first.revision }),
    ).rejects.toMatchObject({ code: "E_CONFLICT" });
    expect((await store.get({ id: "a" }))?.text).toBe("two");
  });

  test("concurrent updates of different fields all survive", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "one" });
    await Promise.all([
      store.update({ id: "a" }, { text: "two" }),
      store.update({ id: "a" }, { metadata: { n: 1 } }),
      store.update({ id: "a" }, { timestamp: 7 }),
    ]);
    expect(await store.get({ id: "a" })).toMatchObject({
      text: "two",
      metadata: { n: 1 },
      timestamp: 7,
    });
    await store.flush();
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, pending: 0 });
  });
});

describe("deleting", () => {
  test("delete says whether there was something, and empties the indexes", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "apple" });
    expect(await store.delete({ id: "a" })).toBe(true);
    expect(await store.delete({ id: "a" })).toBe(false);
    expect(await store.get({ id: "a" })).toBeUndefined();
    expect(await store.search("apple")).toEqual([]);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 0, pending: 0 });
  });

  test("deleteWhere deletes every match of one scope", async () => {
    const { store } = await openStore();
    const drinks = Array.from({ length: 1200 }, (_, i) => ({
      id: `d${i}`,
      text: "",
      metadata: { drink: i % 2 === 0 ? "tea" : "coffee" },
    }));
    await store.upsertMany(drinks);
    await store.upsert({ scope: "other", id: "d0", text: "", metadata: { drink: "tea" } });
    expect(await store.deleteWhere({ filter: tea })).toBe(600);
    expect(await store.count()).toBe(600);
    expect(await store.count({ filter: tea })).toBe(0);
    expect(await store.count({ scope: "other" })).toBe(1);
  });

  test("deleteWhere spares a document that stopped matching meanwhile", async () => {
    const { store, documents } = await openStore();
    await store.upsert({ id: "a", text: "", metadata: { drink: "tea" } });
    const scan = documents.scan.bind(documents);
    documents.scan = async (options) => {
      const page = await scan(options);
      await store.upsert({ id: "a", text: "", metadata: { drink: "coffee" } });
      return page;
    };
    expect(await store.deleteWhere({ filter: tea })).toBe(0);
    expect((await store.get({ id: "a" }))?.metadata).toEqual({ drink: "coffee" });
  });

  test("deleteWhere without a filter is refused", async () => {
    const { store } = await openStore();
    await store.insert({ id: "a", text: "apple" });
    await expect(store.deleteWhere({} as unknown as { filter: Filter })).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
    expect(await store.count()).toBe(1);
  });
});

describe("reading", () => {
  test("scan, count and getMostRecent keep to their scope and filter", async () => {
    const { store } = await openStore();
    await store.upsertMany([
      { id: "b", text: "x", timestamp: 2, metadata: { drink: "tea" } },
      { id: "a", text: "x", timestamp: 1 },
      { id: "c", text: "x", timestamp: 3, metadata: { drink: "tea" } },
      { scope: "s", id: "a", text: "x", timestamp: 9 },
    ]);
    expect(await idsOf(store.scan())).toEqual(["a", "b", "c"]);
    expect(await idsOf(store.scan({ filter: tea }))).toEqual(["b", "c"]);
    expect(await idsOf(store.scan({ allScopes: true }))).toHaveLength(4);
    expect(await store.count({ filter: tea })).toBe(2);
    expect(await store.count({ allScopes: true })).toBe(4);
    expect((await store.getMostRecent({ limit: 2 })).map(({ id }) => id)).toEqual(["c", "b"]);
    const keys = [
      { scope: "s", id: "a" },
      { scope: "", id: "nope" },
    ];
    expect(await store.getMany(keys)).toMatchObject([{ timestamp: 9 }, undefined]);
  });

  test("a scope together with allScopes is refused", async () => {
    const { store } = await openStore();
    const both = { scope: "s", allScopes: true } as unknown as { allScopes: true };
    await expect(store.count(both)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    await expect(store.search("x", both)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    await expect(idsOf(store.scan(both))).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });
});

describe("lifetime", () => {
  test("every call after close fails with E_CLOSED; closing twice is harmless", async () => {
    const { store, documents } = await openStore();
    await store.close();
    await store.close();
    const calls = [
      store.insert({ text: "a" }),
      store.get({ id: "a" }),
      store.search("a"),
      store.flush(),
      store.health(),
      idsOf(store.scan()),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "E_CLOSED" } });
    }
    expect(await documents.count()).toBe(0);
  });

  test("closeParts closes what the store was given", async () => {
    const parts = await memoryParts();
    {
      await using store = await parts.open({ closeParts: true });
      await store.insert({ text: "a" });
    }
    await expect(parts.documents.count()).rejects.toMatchObject({ code: "E_CLOSED" });
  });

  test("a store made with `new` checks its parts at the first call", async () => {
    const { documents, lexical, vectors, embedder } = await memoryParts();
    vectors.described = { modelId: "another" };
    const store = new SemanticStore({ documents, lexical, vectors, embedder });
    await expect(store.insert({ text: "a" })).rejects.toBeInstanceOf(PalimpsestError);
    vectors.described = {};
    expect(await store.insert({ text: "a" })).toMatchObject({ text: "a" });
  });
});
