import { setTimeout } from "node:timers/promises";
import type { VectorEngine } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { describe, expect, test } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts, type MemoryParts } from "./fixtures/memory-parts.ts";
import { WordEmbedder } from "./fixtures/word-embedder.ts";
import type { SemanticStore } from "./semantic-store.ts";

const five = ["apple", "pear", "plum", "fig", "quince"];

async function filled(parts: MemoryParts, texts: readonly string[] = five): Promise<SemanticStore> {
  const store = await parts.open();
  await store.upsertMany(texts.map((text, i) => ({ id: `d${i}`, text })));
  return store;
}

function textsOf(embedder: WordEmbedder): string[] {
  return embedder.calls.flatMap(({ texts }) => texts).toSorted();
}

describe("re-embedding", () => {
  test("switches to the new model, and every text was embedded once", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    await store.upsert({ id: "silent", text: "" });
    const embedder = new WordEmbedder("better");
    const progress: string[] = [];
    const report = await store.reembed({
      embedder,
      engine: parts.engine,
      batchSize: 2,
      onProgress: ({ phase, embedded, total }) => progress.push(`${phase} ${embedded}/${total}`),
    });
    expect(report).toEqual({
      from: { modelId: "words", dimension: 32, metric: "cosine" },
      to: { modelId: "better", dimension: 32 },
      documents: 5,
      embedded: 5,
      skipped: 0,
      failed: 0,
      switched: true,
      dropped: false,
    });
    expect(textsOf(embedder)).toEqual(five.toSorted());
    expect(progress).toContain("embedding 2/6");
    expect(await parts.documents.settings.get("embedder")).toMatchObject({ modelId: "better" });
    expect((await store.search("fig", { mode: "vector", k: 1 }))[0]?.id).toBe("d3");
    expect(textsOf(embedder)).toContain("fig");
    await store.upsert({ id: "new", text: "melon" });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 6, ratio: 1 });
    const listed = (await parts.engine.listVectors?.()) ?? [];
    expect(listed.map(({ modelId, count }) => [modelId, count])).toEqual([
      ["words", 5],
      ["better", 6],
    ]);
  });

  test("drops the old index at once or when asked again", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const next = new WordEmbedder("next");
    const { engine } = parts;
    expect(await store.reembed({ embedder: next, engine })).toMatchObject({ dropped: false });
    expect(await store.reembed({ embedder: next, engine, dropOld: true })).toMatchObject({
      switched: false,
      embedded: 0,
      dropped: true,
    });
    const last = new WordEmbedder("last");
    await store.reembed({ embedder: last, engine, dropOld: true });
    expect(await engine.listVectors?.()).toMatchObject([{ modelId: "last", count: 5 }]);
  });

  test("goes on after a failure, paying for no text twice, and the old index serves until then", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    let calls = 0;
    embedder.before = () => {
      if (++calls > 1) throw new Error("quota exceeded");
    };
    const options = { embedder, engine: parts.engine, batchSize: 2 };
    await expect(store.reembed(options)).rejects.toMatchObject({ code: "E_EMBEDDING_FAILED" });
    expect((await store.search("fig", { mode: "vector", k: 1 }))[0]?.id).toBe("d3");
    expect(await parts.documents.settings.get("embedder")).toMatchObject({ modelId: "words" });
    embedder.calls.length = 0;
    embedder.before = () => undefined;
    const reopened = await parts.open();
    expect(await reopened.reembed(options)).toMatchObject({ skipped: 2, embedded: 3 });
    expect(textsOf(embedder)).toEqual(["fig", "plum", "quince"]);
  });

  test("stops at its signal and keeps what was embedded", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    const controller = new AbortController();
    const options = { embedder, engine: parts.engine, batchSize: 2 };
    const stopped = store.reembed({
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(await store.reembed(options)).toMatchObject({ skipped: 2, embedded: 3 });
  });

  test("catches up what is written, changed and deleted meanwhile, also by other processes", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const other = await parts.open();
    const embedder = new WordEmbedder("better");
    let first = true;
    embedder.before = async () => {
      if (!first) return;
      first = false;
      await store.upsert({ id: "d0", text: "apple tart" });
      await store.delete({ id: "d1" });
      await other.upsert({ id: "other", text: "medlar" });
    };
    await store.reembed({ embedder, engine: parts.engine });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, documents: 5 });
    expect((await store.search("medlar", { mode: "vector", k: 1 }))[0]?.id).toBe("other");
  });

  test("what this store wrote meanwhile is in the new index before the switch", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    let first = true;
    embedder.before = async () => {
      if (!first) return;
      first = false;
      await store.upsert({ id: "d0", text: "apple tart" });
      await store.delete({ id: "d1" });
    };
    const { settings } = parts.documents;
    const set = settings.set.bind(settings);
    const seen: string[] = [];
    settings.set = async (name, value, options) => {
      if (options?.ifEquals) {
        const next = await parts.engine.openVectors(embedder);
        const { entries } = await next.scan({ limit: 9 });
        seen.push(...entries.map(({ id, revision }) => `${id}.${revision.counter}`));
      }
      return set(name, value, options);
    };
    await store.reembed({ embedder, engine: parts.engine });
    expect(seen).toEqual(["d0.2", "d2.1", "d3.1", "d4.1"]);
  });

  test("writes of this store wait while it switches, and none is left behind", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    const { settings } = parts.documents;
    const set = settings.set.bind(settings);
    const writes: Promise<unknown>[] = [];
    settings.set = async (name, value, options) => {
      if (options?.ifEquals) {
        writes.push(store.upsert({ id: "late", text: "sloe" }));
        // Time enough for a write that nothing holds up.
        await setTimeout(20);
      }
      return set(name, value, options);
    };
    await store.reembed({ embedder, engine: parts.engine });
    await Promise.all(writes);
    expect(writes).toHaveLength(1);
    expect(textsOf(parts.embedder)).not.toContain("sloe");
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, documents: 6 });
  });

  test("a store still open with the old model leaves index work to the new one", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const old = await parts.open();
    const lazy = await parts.open({ consistency: "eventual" });
    await store.reembed({ embedder: new WordEmbedder("better"), engine: parts.engine });
    await expect(old.upsert({ id: "late", text: "sloe" })).rejects.toMatchObject({
      code: "E_INDEX_FAILED",
      documentStayed: true,
      message: expect.stringMatching(/re-embedded.*reopen/),
    });
    await lazy.upsert({ id: "lazy", text: "rowan" });
    expect(await lazy.flush()).toMatchObject({ indexed: 0, pending: 2 });
    expect(parts.warnings.at(-1)).toMatch(/re-embedded.*left to others/);
    parts.clock.advance(60_000);
    expect(await store.flush()).toMatchObject({ indexed: 2, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
    await expect(parts.open()).rejects.toMatchObject({ code: "E_MODEL_MISMATCH" });
  });

  test("another process that switches first wins", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    embedder.before = async () => {
      await parts.documents.settings.set("embedder", { modelId: "third", dimension: 3 });
    };
    await expect(store.reembed({ embedder, engine: parts.engine })).rejects.toMatchObject({
      code: "E_CONFLICT",
    });
  });

  test("a crash right after the switch is told at open and ended by running it again", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    const { settings } = parts.documents;
    const set = settings.set.bind(settings);
    settings.set = async (name, value, options) => {
      const stored = await set(name, value, options);
      if (options?.ifEquals) throw new Error("killed");
      return stored;
    };
    await expect(store.reembed({ embedder, engine: parts.engine })).rejects.toThrow("killed");
    settings.set = set;
    const vectors = await parts.engine.openVectors(embedder);
    await vectors.delete([{ scope: "", id: "d2" }]);
    const reopened = await parts.open({ embedder, vectors });
    expect(parts.warnings.at(-1)).toMatch(/did not end/);
    embedder.calls.length = 0;
    const report = await reopened.reembed({ embedder, engine: parts.engine });
    expect(report).toMatchObject({ switched: false, embedded: 1 });
    expect(textsOf(embedder)).toEqual(["plum"]);
    parts.warnings.length = 0;
    await parts.open({ embedder, vectors });
    expect(parts.warnings).toEqual([]);
  });

  test("a document that the model cannot embed stops it, unless so many are allowed", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const embedder = new WordEmbedder("better");
    embedder.before = (texts) => {
      if (texts.includes("plum")) throw new Error("too sour");
    };
    const options = { embedder, engine: parts.engine };
    await expect(store.reembed(options)).rejects.toMatchObject({
      code: "E_EMBEDDING_FAILED",
      message: expect.stringMatching(/1 documents.*"d2".*too sour.*maxFailed/),
    });
    expect(await store.reembed({ ...options, maxFailed: 1 })).toMatchObject({ failed: 1 });
    expect(await store.checkConsistency()).toMatchObject({ missing: 1, pending: 1, ratio: 0.8 });
    embedder.before = () => undefined;
    await store.flush();
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
  });

  test("an engine that keeps one index only is refused", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const { openVectors, close } = parts.engine;
    const engine: VectorEngine = { openVectors, close, [Symbol.asyncDispose]: close };
    await expect(
      store.reembed({ embedder: new WordEmbedder("better"), engine }),
    ).rejects.toMatchObject({ code: "E_UNSUPPORTED", message: expect.stringContaining("one") });
  });

  test("a search under way ends with the model it began with", async () => {
    const parts = await memoryParts();
    const store = await filled(parts);
    const { opened, open } = gate();
    parts.embedder.before = () => opened;
    const searching = store.search("fig", { mode: "vector", k: 1 });
    const smaller = Object.assign(new WordEmbedder("smaller"), { dimension: 16 });
    await store.reembed({ embedder: smaller, engine: parts.engine });
    open();
    expect((await searching)[0]?.id).toBe("d3");
  });
});

test("a vector that came with a write of the old model is not put into the new index", async () => {
  const parts = await memoryParts();
  const store = await parts.open({ consistency: "eventual" });
  await store.upsert({ id: "a", text: "fig", vector: new Float32Array(32).fill(1) });
  await store.reembed({ embedder: new WordEmbedder("better"), engine: parts.engine });
  await store.flush();
  expect((await store.search("fig", { mode: "vector", k: 1 }))[0]?.score).toBeCloseTo(1, 5);
});

test("vectors may live in another engine than the documents", async () => {
  const parts = await memoryParts();
  await using elsewhere = openMemoryEngine();
  const vectors = await elsewhere.openVectors(parts.embedder);
  const store = await parts.open({ vectors });
  await store.upsertMany(five.map((text, i) => ({ id: `d${i}`, text })));
  const embedder = new WordEmbedder("better");
  const report = await store.reembed({ embedder, engine: elsewhere, dropOld: true });
  expect(report).toMatchObject({ embedded: 5, dropped: true });
  expect(await elsewhere.listVectors?.()).toMatchObject([{ modelId: "better", count: 5 }]);
  expect(await store.checkConsistency()).toMatchObject({ healthy: true });
});
