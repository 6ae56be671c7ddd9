import { openMemoryEngine } from "@palimpsest/core/memory";
import { beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { LetterEmbedder } from "./fixtures/letter-embedder.ts";
import { StandInChroma, StandInMongo } from "./fixtures/stand-ins.ts";
import type { DualStoreOptions } from "./types.ts";

const T = 1_700_000_000_000;
let chroma: StandInChroma;
let mongo: StandInMongo;

/** By v1's own constructor, as its tests did it. */
function manage(options: DualStoreOptions = {}): DualStoreManager<"text", "timestamp"> {
  return new DualStoreManager("duck_test", chroma, mongo.collection, "text", "timestamp", false, {
    env: {},
    onWarning: () => {},
    ...options,
  });
}

beforeEach(() => {
  chroma = new StandInChroma();
  mongo = new StandInMongo();
});

describe("v1's acceptance cases, over collections that the caller passes", () => {
  it("1: stores the document with its flags and writes exactly v1's vector record", async () => {
    const manager = manage();
    await manager.insert({
      id: "doc-1",
      text: "hello world",
      timestamp: T,
      metadata: { type: "message", nested: { level: 1 } },
    });
    await manager.flush();
    expect(mongo.rows[0]).toMatchObject({
      id: "doc-1",
      text: "hello world",
      timestamp: T,
      metadata: {
        type: "message",
        nested: { level: 1 },
        vectorWriteSuccess: true,
        vectorWriteError: null,
      },
    });
    expect(mongo.rows[0]?.metadata?.["vectorWriteTimestamp"]).toBeTruthy();
    expect(chroma.calls).toEqual([
      {
        ids: ["doc-1"],
        documents: ["hello world"],
        metadatas: [{ type: "message", nested: '{"level":1}', timestamp: T }],
      },
    ]);
    await manager.close();
  });

  it("2: resolves in eventual mode while the vector fails, and the flags say so", async () => {
    chroma.failure = new Error("Chroma is down");
    const manager = manage({ consistency: "eventual" });
    await manager.insert({ id: "a", text: "kept", timestamp: T });
    await manager.flush();
    expect(mongo.rows[0]?.metadata).toMatchObject({
      vectorWriteSuccess: false,
      vectorWriteError: expect.stringContaining("Chroma is down"),
      vectorWriteTimestamp: null,
    });
    await manager.close();
  });

  it("3: rejects with v1's text in strict mode and leaves no document", async () => {
    chroma.failure = new Error("Chroma is down");
    const manager = manage({ env: { DUAL_WRITE_CONSISTENCY: "STRICT" } });
    const write = manager.insert({ id: "a", text: "not kept", timestamp: T });
    await expect(write).rejects.toThrow(
      "Critical: Vector store write failed for entry a: Chroma is down",
    );
    await expect(write).rejects.toThrow(/vector store write failed/i);
    expect(await manager.get("a")).toBeNull();
    expect(mongo.rows).toEqual([]);
    await manager.close();
  });

  it("3: a strict failure over an existing id restores what was there", async () => {
    const manager = manage({ consistency: "strict" });
    await manager.insert({ id: "a", text: "before", timestamp: T });
    chroma.failure = new Error("down");
    await expect(manager.insert({ id: "a", text: "after", timestamp: T })).rejects.toThrow(
      /failed/,
    );
    expect((await manager.get("a"))?.text).toBe("before");
    await manager.close();
  });

  it("4: gives the most recent first by v1's positions", async () => {
    const manager = manage();
    for (const [id, timestamp] of [
      ["a", T - 1_000],
      ["b", T - 500],
      ["c", T],
    ] as const) {
      await manager.addEntry({ id, text: `text ${id}`, timestamp });
    }
    const recent = await manager.getMostRecent(2, {}, { timestamp: -1 });
    expect(recent.map(({ id }) => id)).toEqual(["c", "b"]);
    expect(mongo.rows).toHaveLength(3);
    expect(await manager.getMostRecent(0)).toEqual([]);
    await manager.close();
  });

  it("5: reads metadata with v1's three keys, and null for an unknown id", async () => {
    const manager = manage();
    await manager.insert({ id: "a", text: "x", timestamp: T, metadata: { tag: "demo" } });
    await manager.flush();
    const entry = await manager.get("a");
    expect(Object.keys(entry?.metadata ?? {}).toSorted()).toEqual([
      "tag",
      "vectorWriteError",
      "vectorWriteSuccess",
      "vectorWriteTimestamp",
    ]);
    expect(typeof entry?.timestamp).toBe("number");
    expect(await manager.get("missing")).toBeNull();
    await manager.close();
  });

  it("6: takes dates as times and keeps the text to the byte", async () => {
    const manager = manage();
    const text = JSON.stringify({ a: "é😀", b: [1, 2] });
    const timestamp = new Date("2024-01-01T00:00:00Z");
    await manager.insert({ id: "s", text, timestamp });
    expect(await manager.get("s")).toMatchObject({ text, timestamp: timestamp.getTime() });
    await manager.close();
  });

  it("7: finds the vector in Chroma's flat answer", async () => {
    const manager = manage({ dualWriteEnabled: false });
    await manager.insert({ id: "a", text: "x", timestamp: T });
    expect(await manager.checkConsistency("a")).toEqual({ hasDocument: true, hasVector: false });
    await chroma.add({ ids: ["a"], documents: ["x"], metadatas: [{}] });
    expect(await manager.checkConsistency("a")).toMatchObject({ hasVector: true });
    expect(await manager.checkConsistency("nobody")).toEqual({
      hasDocument: false,
      hasVector: false,
    });
    await manager.close();
  });

  it("8: retries a vector, and tells an unknown id", async () => {
    chroma.failure = new Error("Timeout");
    const manager = manage();
    await manager.insert({ id: "a", text: "x", timestamp: T });
    expect(await manager.retryVectorWrite("a", 1)).toBe(false);
    expect(mongo.rows[0]?.metadata).toMatchObject({
      vectorWriteSuccess: false,
      vectorWriteError: expect.stringContaining("Timeout"),
    });
    chroma.failure = undefined;
    expect(await manager.retryVectorWrite("a")).toBe(true);
    expect(chroma.records.has("a")).toBe(true);
    expect(mongo.rows[0]?.metadata).toMatchObject({
      vectorWriteSuccess: true,
      vectorWriteError: null,
    });
    await expect(manager.retryVectorWrite("nobody")).rejects.toThrow(
      "Document nobody not found for vector retry",
    );
    await manager.close();
  });

  it("9: reports what is consistent, failed and without a flag", async () => {
    const manager = manage();
    await manager.insert({ id: "ok", text: "fine", timestamp: T });
    await manager.flush();
    chroma.failure = new Error("Timeout");
    await manager.insert({ id: "bad", text: "not", timestamp: T });
    await manager.flush();
    const report = await manager.getConsistencyReport();
    expect(report).toMatchObject({
      totalDocuments: 2,
      consistentDocuments: 1,
      inconsistentDocuments: 1,
      missingVectors: 0,
    });
    expect(report.vectorWriteFailures[0]?.error).toMatch(/Timeout/);
    mongo.rows.push({ _id: "legacy", id: "old", text: "legacy", timestamp: T, metadata: {} });
    expect(await manager.getConsistencyReport()).toMatchObject({
      totalDocuments: 3,
      missingVectors: 1,
    });
    await manager.close();
  });

  it("10: mirrors the queue that is set and shuts it down once", async () => {
    const manager = manage();
    const stats = {
      queueLength: 4,
      processing: true,
      config: manager.getChromaQueueStats().config,
    };
    const added: string[] = [];
    let shutdowns = 0;
    manager.chromaWriteQueue = {
      add: async (id) => void added.push(id),
      getQueueStats: () => stats,
      shutdown: async () => void shutdowns++,
    };
    expect(manager.getChromaQueueStats()).toEqual(stats);
    await manager.insert({ id: "a", text: "x", timestamp: T });
    await manager.flush();
    expect(added).toEqual(["a"]);
    await manager.cleanup();
    await manager.cleanup();
    expect(shutdowns).toBe(1);
  });
});

describe("older defects, each with its right behaviour", () => {
  it("6.1 #1: the document is stored before the vector is tried", async () => {
    const manager = manage({ consistency: "strict" });
    let seen = 0;
    manager.chromaWriteQueue = { add: async () => void (seen = mongo.rows.length) };
    await manager.insert({ id: "a", text: "x", timestamp: T });
    expect(seen).toBe(1);
    await manager.close();
  });

  it("6.1 #3: null and missing metadata never reach Chroma; the document keeps null", async () => {
    const manager = manage();
    const metadata = { a: null, b: undefined, c: 1, at: new Date(T) };
    await manager.insert({ id: "a", text: "x", timestamp: T, metadata });
    await manager.flush();
    expect(chroma.calls[0]?.metadatas).toEqual([
      { c: 1, at: new Date(T).toISOString(), timestamp: T },
    ]);
    expect((await manager.get("a"))?.metadata).toMatchObject({ a: null, c: 1, at: new Date(T) });
    await manager.close();
  });

  it("6.1 #5: a retried vector carries the caller's metadata only", async () => {
    const manager = manage();
    await manager.insert({ id: "a", text: "x", timestamp: T, metadata: { tag: "t" } });
    await manager.retryVectorWrite("a");
    expect(chroma.calls.at(-1)?.metadatas).toEqual([{ tag: "t", timestamp: T }]);
    await manager.close();
  });

  it("6.1 #6: the same id twice is one document with the new vector", async () => {
    const manager = manage();
    await manager.insert({ id: "a", text: "old", timestamp: T });
    await manager.insert({ id: "a", text: "new", timestamp: T + 1 });
    await manager.flush();
    expect(await manager.count()).toBe(1);
    expect(mongo.rows).toHaveLength(1);
    expect(chroma.records.get("a")?.document).toBe("new");
    await manager.close();
  });

  it("6.1 #9: what is skipped is not called written", async () => {
    const manager = manage();
    const image = { type: "image", caption: "a cat" };
    await manager.insert({
      id: "i",
      text: "https://example.invalid/i",
      timestamp: T,
      metadata: image,
    });
    await manager.flush();
    expect(mongo.rows[0]?.metadata).toEqual(image);
    expect(chroma.calls).toEqual([]);
    expect(await manager.getConsistencyReport()).toMatchObject({ consistentDocuments: 1 });
    await manager.close();
  });

  it("6.1 #10: an empty family is a report of zeros", async () => {
    const manager = manage();
    expect(await manager.getConsistencyReport()).toEqual({
      totalDocuments: 0,
      consistentDocuments: 0,
      inconsistentDocuments: 0,
      missingVectors: 0,
      vectorWriteFailures: [],
    });
    await manager.close();
  });

  it("6.1 #13: a time that names no moment is refused", async () => {
    const manager = manage();
    const write = manager.insert({ id: "a", text: "x", timestamp: "not a time" });
    await expect(write).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    expect(mongo.rows).toEqual([]);
    await manager.close();
  });

  it("6.1 #21: limits that are no whole numbers are refused", async () => {
    const manager = manage();
    await expect(manager.getMostRecent(-1)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    await expect(manager.getMostRelevant(["x"], 1.5)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
    expect(await manager.getMostRelevant([], 5)).toEqual([]);
    expect(await manager.getMostRelevant("text" as never, 5)).toEqual([]);
    await manager.close();
  });

  it("6.1 #22: explicit options win over the environment, unless the switch says otherwise", async () => {
    const env = { DUAL_WRITE_CONSISTENCY: "strict" };
    chroma.failure = new Error("down");
    const explicit = manage({ env, consistency: "eventual" });
    await explicit.insert({ id: "a", text: "x", timestamp: T });
    await explicit.close();
    const older = manage({ env, consistency: "eventual", environmentFirst: true });
    await expect(older.insert({ id: "b", text: "x", timestamp: T })).rejects.toThrow(/Critical/);
    await older.close();
  });

  it("6.1 #23: a raw filter never runs; unknown operators are refused by name", async () => {
    const manager = manage();
    const where = { $where: "sleep(1)" };
    await expect(manager.getMostRecent(1, where)).rejects.toThrow(/\$where/);
    await expect(manager.getMostRelevant(["x"], 1, where)).rejects.toThrow(/\$where/);
    await manager.close();
  });

  it("6.2 insert(doc) of a read entry keeps text and time under other keys, without status", async () => {
    const source = manage();
    await source.insert({ id: "a", text: "words", timestamp: T, metadata: { tag: 1 } });
    await source.flush();
    const entry = await source.get("a");
    await source.close();
    const rows = new StandInMongo();
    const target = new DualStoreManager(
      "duck_new",
      chroma,
      rows.collection,
      "content",
      "created_at",
      false,
      { env: {} },
    );
    await target.insert(entry as never);
    expect(rows.rows[0]).toMatchObject({ content: "words", created_at: T, metadata: { tag: 1 } });
    expect(rows.rows[0]).not.toHaveProperty("text");
    expect(await target.get("a")).toMatchObject({ text: "words", timestamp: T });
    await target.close();
  });
});

describe("over another driver pair", () => {
  async function overMemory(): Promise<DualStoreManager<"text", "createdAt">> {
    const engine = openMemoryEngine();
    const embedder = new LetterEmbedder(32);
    const vectors = await engine.openVectors({ dimension: 32, modelId: embedder.modelId });
    const { documents, lexical } = engine;
    const parts = { documents, vectors, lexical, embedder, close: () => engine.close() };
    return DualStoreManager.over("duck_memory", "text", "createdAt", parts, { env: {} });
  }

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
