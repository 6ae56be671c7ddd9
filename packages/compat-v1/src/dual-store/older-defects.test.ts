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
