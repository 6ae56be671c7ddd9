import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageEngine } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore, type SemanticStoreOptions } from "@palimpsest/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { notes } from "./fixtures/notes.ts";

let folder: string;
const opened: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "palimpsest-store-"));
});

afterEach(async () => {
  for (const disposable of opened.toReversed()) {
    await disposable[Symbol.asyncDispose]();
  }
  opened.length = 0;
  await rm(folder, { recursive: true, force: true });
});

async function openStore(
  engine: StorageEngine,
  options: Partial<SemanticStoreOptions> = {},
): Promise<SemanticStore> {
  const embedder = options.embedder ?? new HashEmbedder({ dimension: 256 });
  const vectors = await engine.openVectors(embedder);
  const { documents, lexical } = engine;
  const store = await SemanticStore.open({
    documents,
    vectors,
    lexical,
    embedder,
    worker: false,
    onWarning: () => undefined,
    ...options,
  });
  opened.push(store);
  return store;
}

async function sqlite(options: Partial<SemanticStoreOptions> = {}): Promise<SemanticStore> {
  const engine = await openSqlite({ path: join(folder, "memory.db"), durability: "process" });
  opened.push(engine);
  return openStore(engine, options);
}

async function memory(): Promise<SemanticStore> {
  const engine = openMemoryEngine();
  opened.push(engine);
  return openStore(engine);
}

/** Fails while `down` is set. */
class FaultyEmbedder extends HashEmbedder {
  down = false;

  override async embed(...args: Parameters<HashEmbedder["embed"]>): Promise<Float32Array[]> {
    if (this.down) throw new Error("embedder down");
    return super.embed(...args);
  }
}

describe("SemanticStore over SQLite", () => {
  test("vectors and lexical entries commit with the document: nothing waits, nothing diverges", async () => {
    const store = await sqlite();
    await store.insertMany(notes());
    await store.update({ id: "note-3" }, { text: "replaced" });
    await store.delete({ id: "note-4" });
    await store.upsert({ id: "note-5", text: "" });
    expect(await store.checkConsistency()).toMatchObject({
      healthy: true,
      documents: notes().length - 1,
      unindexed: 1,
      vectors: notes().length - 2,
      pending: 0,
    });
  });

  test("what insert reports is what get returns after reopening", async () => {
    const first = await sqlite();
    const inserted = await first.insert({
      text: "naïve café 東京",
      metadata: { n: -0, a: [1, null] },
    });
    const second = await sqlite();
    expect(await second.get({ id: inserted.id })).toEqual(inserted);
  });

  test("eventual: a failing embedder leaves the document findable by its words, and flush adds the vector", async () => {
    const embedder = new FaultyEmbedder({ dimension: 256 });
    const store = await sqlite({ embedder, consistency: "eventual" });
    embedder.down = true;
    await store.insert({ id: "a", text: "green tea" });
    expect(await store.search("tea", { mode: "lexical" })).toHaveLength(1);
    expect(await store.stats()).toMatchObject({ vectors: 0, outbox: { pending: 1 } });
    expect(await store.checkConsistency()).toMatchObject({ healthy: false, missing: 1 });
    embedder.down = false;
    expect(await store.flush()).toMatchObject({ indexed: 1, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
  });

  test("strict: the same throws, the document stays and heals", async () => {
    const embedder = new FaultyEmbedder({ dimension: 256 });
    const store = await sqlite({ embedder });
    await store.insert({ id: "a", text: "black tea" });
    embedder.down = true;
    await expect(store.upsert({ id: "a", text: "green tea" })).rejects.toMatchObject({
      code: "E_INDEX_FAILED",
      documentStayed: true,
    });
    expect((await store.get({ id: "a" }))?.text).toBe("green tea");
    embedder.down = false;
    expect(await store.flush()).toMatchObject({ indexed: 1, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
    const [hit] = await store.search("green", { mode: "vector", k: 1 });
    expect(hit?.score).toBeGreaterThan(0.3);
  });

  test("repair rebuilds deleted entries of both indexes", async () => {
    const engine = await openSqlite({ path: join(folder, "memory.db"), durability: "process" });
    opened.push(engine);
    const store = await openStore(engine);
    await store.insertMany(notes());
    const keys = notes()
      .slice(0, 30)
      .map(({ id }) => ({ scope: "", id }));
    const vectors = await engine.openVectors(new HashEmbedder({ dimension: 256 }));
    await vectors.delete(keys.slice(0, 20));
    await engine.lexical.delete(keys.slice(10));
    expect(await store.checkConsistency()).toMatchObject({ missing: 30, orphans: 0, stale: 0 });
    expect(await store.repair()).toMatchObject({ queued: 30, healthy: true });
  });

  test("a read-only file is searched and checked, and refuses writes", async () => {
    await (await sqlite()).insertMany(notes());
    const engine = await openSqlite({ path: join(folder, "memory.db"), readOnly: true });
    opened.push(engine);
    const store = await openStore(engine);
    expect(await store.search("green tea")).not.toEqual([]);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
    await expect(store.insert({ text: "a" })).rejects.toMatchObject({ code: "E_READ_ONLY" });
  });

  test("vectors kept elsewhere follow through the outbox, deletions and emptied texts too", async () => {
    const engine = await openSqlite({ path: join(folder, "memory.db"), durability: "process" });
    opened.push(engine);
    const embedder = new HashEmbedder({ dimension: 256 });
    const elsewhere = await openMemoryEngine().openVectors(embedder);
    Object.defineProperty(elsewhere, "name", { value: "elsewhere" });
    const warnings: string[] = [];
    const store = await SemanticStore.open({
      documents: engine.documents,
      lexical: engine.lexical,
      vectors: elsewhere,
      embedder,
      worker: false,
      onWarning: (message) => void warnings.push(message),
    });
    opened.push(store);
    // SQLite queues every write for an index elsewhere, so no capability is lost.
    expect(warnings).toEqual([]);
    await store.insertMany(notes());
    await store.delete({ id: "note-1" });
    await store.upsert({ id: "note-2", text: "" });
    await store.update({ id: "note-3" }, { text: "replaced" });
    expect(await elsewhere.describe()).toMatchObject({ count: notes().length - 2 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, pending: 0 });
  });

  test("another embedder is refused", async () => {
    await (await sqlite()).insert({ text: "a" });
    await expect(sqlite({ embedder: new HashEmbedder({ dimension: 128 }) })).rejects.toMatchObject({
      code: expect.stringMatching(/^E_(MODEL|DIMENSION)_MISMATCH$/),
    });
  });
});

describe("memory and SQLite give the same answers", () => {
  const filter = { op: "in", path: ["topic"], values: ["tea", "music"] } as const;
  const queries = [
    "green tea in the morning",
    "violin lesson",
    "mountain path",
    "the of and",
    "Zurich zürich",
    "東京の駅",
    "unknownword",
    "",
  ];

  test.each(["lexical", "vector", "hybrid"] as const)("%s", async (mode) => {
    const stores = [await memory(), await sqlite()] as const;
    for (const store of stores) {
      await store.insertMany(notes());
      await store.upsert({ scope: "other", id: "note-0", text: "green tea elsewhere" });
      await store.deleteWhere({ filter: { op: "eq", path: ["topic"], value: "war" } });
    }
    for (const query of queries) {
      for (const options of [
        {},
        { k: 3 },
        { filter },
        { allScopes: true },
        { scope: "other" },
      ] as const) {
        const [a, b] = await Promise.all(
          stores.map((store) => store.search(query, { mode, ...options })),
        );
        expect(ranking(b), `${query} ${JSON.stringify(options)}`).toEqual(ranking(a));
      }
    }
  });
});

/** Scores to five digits: engines may add up in another order. */
function ranking(hits: Awaited<ReturnType<SemanticStore["search"]>> = []) {
  return hits.map(({ scope, id, score, text }) => [scope, id, text, score.toFixed(5)]);
}
