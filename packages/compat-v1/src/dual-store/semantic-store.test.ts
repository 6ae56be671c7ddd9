import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ContextStore } from "./context-store.ts";
import { SemanticStore } from "./semantic-store.ts";
import { SemanticStoreFactory } from "./semantic-store-factory.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-compat-"));
afterAll(() => rmSync(folder, { recursive: true }));

let folders = 0;
function newFolder(): string {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
}

const memory = { primaryDriver: "memory", vectorDriver: "memory", env: {} } as const;

function inFiles(baseDir: string, more: SemanticStoreConfig = {}): SemanticStoreConfig {
  return {
    primaryDriver: "sqlite",
    vectorDriver: "sqlite",
    embeddingDriver: "hash",
    consistency: "strict",
    env: {},
    baseDir,
    ...more,
  };
}

describe("in memory, as the older guide tests it", () => {
  it("starts empty each time and reads v1's entries", async () => {
    for (let run = 0; run < 2; run++) {
      const store = await SemanticStoreFactory.create("test", "text", "createdAt", memory);
      expect(store.name).toBe("duck_test");
      const id = await store.insert({ text: "test", createdAt: 5, metadata: { test: true } });
      expect(await store.getMostRecent(10)).toEqual([
        {
          id,
          text: "test",
          timestamp: 5,
          metadata: expect.objectContaining({ test: true, vectorWriteTimestamp: null }),
        },
      ]);
      await store.cleanup();
    }
  });

  it("has what v1 lacked: ids, update, upsert, delete, count, scan, scores", async () => {
    await using store = await SemanticStoreFactory.create("test", "content", "created_at", {
      ...memory,
      consistency: "strict",
    });
    const id = await store.insert({ content: "green tea", created_at: "2024-01-01T00:00:00Z" });
    await store.upsert({ id: "b", content: "a red bus", created_at: 7 });
    await store.upsert({ id: "b", content: "a blue bus", created_at: 8 });
    await store.update(id, { metadata: { kind: "drink" } });
    expect(await store.get(id)).toMatchObject({ text: "green tea", metadata: { kind: "drink" } });
    expect(await store.count()).toBe(2);
    expect(await store.count({ "metadata.kind": "drink" })).toBe(1);
    const [best] = await store.search(["tea"], { limit: 2 });
    expect(best).toMatchObject({ id, score: expect.any(Number) });
    expect((await store.getMostRelevant(["blue bus"], 1))[0]?.text).toBe("a blue bus");
    expect(await store.delete("b")).toBe(true);
    const ids: string[] = [];
    for await (const each of store.scan()) ids.push(each.id);
    expect(ids).toEqual([id]);
  });

  it("serves a context store", async () => {
    await using contexts = new ContextStore<SemanticStore<string, string>>(undefined, "Duck", {
      open: (name, textKey, timeKey) =>
        SemanticStoreFactory.create(name, textKey, timeKey, { ...memory, consistency: "strict" }),
    });
    const chat = await contexts.getOrCreateCollection("chat");
    await chat.insert({ text: "do you like tea?", timestamp: 1, metadata: { userName: "Ann" } });
    await chat.insert({ text: "yes", timestamp: 2, metadata: { userName: "Duck" } });
    await chat.insert({ text: "x.png", timestamp: 3, metadata: { type: "image", caption: "tea" } });
    expect(await contexts.compileContext(["tea"], 10, 5, 20, true)).toEqual([
      { role: "user", content: "Ann said (1970-01-01T00:00:00.001Z): do you like tea?" },
      { role: "assistant", content: "Duck said (1970-01-01T00:00:00.002Z): yes" },
      { role: "user", content: "tea", images: ["x.png"] },
    ]);
  });

  it("shows the queue as configured, and says what has no effect", async () => {
    const warnings: string[] = [];
    await using store = await SemanticStoreFactory.create("test", "text", "createdAt", {
      ...memory,
      vectorBatchSize: 50,
      vectorFlushInterval: 250,
      maxRetries: 7,
      enableMetrics: true,
      postgresql: { pool: { min: 5, max: 20, idleTimeoutMillis: 30_000 } },
      pinecone: { batchSize: 100 },
      onWarning: (message) => warnings.push(message),
    });
    expect(store.getChromaQueueStats().config).toMatchObject({
      batchSize: 50,
      flushIntervalMs: 250,
      maxRetries: 7,
    });
    expect(warnings).toEqual([
      "these settings have no effect: enableMetrics, postgresql.pool.min, postgresql.pool.idleTimeoutMillis",
    ]);
  });

  it("takes the nested form too", async () => {
    await using store = await SemanticStoreFactory.create("test", "text", "createdAt", {
      primaryDriver: { type: "memory" },
      vectorDriver: { type: "memory", embeddingFunction: { driver: "hash", dims: 16 } },
      dualWrite: true,
      consistency: "strict",
      writeQueue: { batchSize: 3 },
      env: {},
    });
    await store.insert({ text: "x" });
    expect(store.getChromaQueueStats().config.batchSize).toBe(3);
  });

  it.each([
    [false, undefined, "an image.png", 0],
    [undefined, true, "an image.png", 1],
    [undefined, undefined, "an image.png", 0],
  ])("dual write %s, images %s", async (dualWriteEnabled, supportsImages, text, hits) => {
    await using store = await SemanticStoreFactory.create("test", "text", "createdAt", {
      ...memory,
      consistency: "strict",
      dualWriteEnabled,
      supportsImages,
    } as SemanticStoreConfig);
    await store.insert({ text, metadata: { type: "image" } });
    expect(await store.getMostRelevant([text], 5)).toHaveLength(hits);
    expect(await store.getMostRecent(5)).toHaveLength(1);
  });
});

describe("in files", () => {
  it("keeps each family in a file of its own, with what built it", async () => {
    const baseDir = newFolder();
    for (const name of ["thoughts", "a b/c"]) {
      await using store = await SemanticStoreFactory.create(
        name,
        "text",
        "createdAt",
        inFiles(baseDir, { agentName: "robin" }),
      );
      await store.insert({ id: "same", text: `text of ${name}` });
    }
    const files = readdirSync(join(baseDir, ".palimpsest")).filter((file) => file.endsWith(".db"));
    expect(files.toSorted()).toEqual([
      expect.stringMatching(/^robin_a_b_c_[0-9a-f]{8}\.db$/),
      "robin_thoughts.db",
    ]);
    await using again = await SemanticStore.create("thoughts", "text", "createdAt", {
      primaryDriver: "sqlite",
      vectorDriver: "sqlite",
      baseDir,
      env: { AGENT_NAME: "robin" },
    });
    expect((await again.getMostRelevant(["text of thoughts"], 1))[0]?.id).toBe("same");
  });

  it("refuses another family's file", async () => {
    const baseDir = newFolder();
    const shared = inFiles(baseDir, { sqlite: { path: "shared.db" } });
    await (await SemanticStoreFactory.create("one", "text", "createdAt", shared)).cleanup();
    await expect(
      SemanticStoreFactory.create("two", "text", "createdAt", shared),
    ).rejects.toMatchObject({ code: "E_CONFIG", message: expect.stringContaining('"duck_one"') });
  });

  it("closes its files when opening fails", async () => {
    const baseDir = newFolder();
    const wrong = inFiles(baseDir, { embeddingDriver: "openai-compatible" });
    await expect(SemanticStoreFactory.create("x", "text", "createdAt", wrong)).rejects.toThrow(
      "openai-compatible needs a model",
    );
    expect(readdirSync(join(baseDir, ".palimpsest"))).toEqual(["duck_x.db"]);
  });

  it("fills vectors in memory from the documents at each opening", async () => {
    const config = inFiles(newFolder(), { vectorDriver: "memory", consistency: "eventual" });
    const first = await SemanticStoreFactory.create("x", "text", "createdAt", config);
    await first.insert({ id: "tea", text: "green tea" });
    await first.cleanup();
    await using second = await SemanticStoreFactory.create("x", "text", "createdAt", config);
    expect((await second.getMostRelevant(["tea"], 3)).map(({ id }) => id)).toEqual(["tea"]);
  });

  it("reads only when told so", async () => {
    const baseDir = newFolder();
    await (await SemanticStoreFactory.create("x", "text", "createdAt", inFiles(baseDir))).cleanup();
    await using store = await SemanticStoreFactory.create(
      "x",
      "text",
      "createdAt",
      inFiles(baseDir, { readOnly: true, onWarning: () => undefined }),
    );
    expect(await store.getMostRecent(5)).toEqual([]);
    await expect(store.insert({ text: "no" })).rejects.toMatchObject({ code: "E_READ_ONLY" });
    await expect(
      SemanticStoreFactory.create("x", "text", "createdAt", { ...memory, readOnly: true }),
    ).rejects.toMatchObject({ code: "E_UNSUPPORTED" });
  });
});

describe("drivers by environment (the guide's drop-in claim)", () => {
  const env = { PRIMARY_DRIVER: "sqlite", VECTOR_DRIVER: "sqlite", EMBEDDING_DRIVER: "hash" };

  it("never turns to an empty store silently", async () => {
    const baseDir = newFolder();
    const open = (more: Record<string, string> = {}) =>
      SemanticStore.create("thoughts", "text", "createdAt", { baseDir, env: { ...env, ...more } });
    await expect(open()).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/^PRIMARY_DRIVER names sqlite, where duck_thoughts has no/),
    });
    await (await open({ PALIMPSEST_ALLOW_EMPTY: "true" })).cleanup();
    await (await open()).cleanup();
  });

  it("names the vectors' variable when that one turned", async () => {
    await expect(
      SemanticStore.create("x", "text", "createdAt", {
        ...inFiles(newFolder()),
        vectorDriver: undefined,
        env: { VECTOR_DRIVER: "memory" },
      }),
    ).rejects.toThrow("VECTOR_DRIVER names memory");
  });

  it("refuses other vectors than the documents have, until allowed: then they are filled", async () => {
    const baseDir = newFolder();
    const first = await SemanticStoreFactory.create("x", "text", "createdAt", inFiles(baseDir));
    await first.insert({ id: "tea", text: "green tea" });
    await first.cleanup();
    const elsewhere = inFiles(baseDir, {
      vectorDriver: undefined,
      env: { VECTOR_DRIVER: "memory" },
    });
    const open = (more: SemanticStoreConfig = {}) =>
      SemanticStoreFactory.create("x", "text", "createdAt", { ...elsewhere, ...more });
    await expect(open()).rejects.toMatchObject({ code: "E_CONFIG" });
    await using store = await open({ allowEmpty: true });
    expect((await store.search(["tea"]))[0]?.id).toBe("tea");
  });
});
