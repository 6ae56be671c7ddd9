import { beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
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
