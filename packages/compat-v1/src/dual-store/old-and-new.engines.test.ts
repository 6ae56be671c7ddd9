import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Collection as ChromaCollection } from "chromadb";
import { type Collection, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import type { LegacyRow } from "./legacy-row.ts";
import type { DualStoreOptions } from "./types.ts";

const T = 1_700_000_000_000;
type Manager = DualStoreManager<"text", "timestamp">;

/** Writes and reads as the older code did, through the clients alone. */
class OlderCode {
  readonly rows: Collection<LegacyRow>;
  readonly vectors: ChromaCollection;
  readonly #embed: (text: string) => Promise<number[]>;

  constructor(
    rows: Collection<LegacyRow>,
    vectors: ChromaCollection,
    embed: (text: string) => Promise<number[]>,
  ) {
    this.rows = rows;
    this.vectors = vectors;
    this.#embed = embed;
  }

  async insert(id: string, text: string, timestamp: number): Promise<void> {
    await this.vectors.add({
      ids: [id],
      documents: [text],
      metadatas: [{ by: "older", timestamp }],
      embeddings: [await this.#embed(text)],
    });
    await this.rows.insertOne({
      _id: new ObjectId(),
      id,
      text,
      timestamp,
      metadata: {
        by: "older",
        vectorWriteSuccess: true,
        vectorWriteError: null,
        vectorWriteTimestamp: timestamp,
      },
    });
  }

  get(id: string): Promise<LegacyRow | null> {
    return this.rows.findOne({ id });
  }

  recent(limit: number): Promise<LegacyRow[]> {
    return this.rows.find({}).sort({ timestamp: -1 }).limit(limit).toArray();
  }
}

describe.skipIf(!hasServers)("old and new code on one family", () => {
  let deployment: TestDeployment;
  let older: OlderCode;
  let managers: Manager[];

  beforeEach(async () => {
    deployment = new TestDeployment();
    managers = [];
    const vectors = await deployment.chroma.createCollection({
      name: deployment.family("sessions"),
      configuration: { hnsw: { space: "l2" } },
      embeddingFunction: null,
    });
    const rows = deployment.database.collection<LegacyRow>(deployment.family("sessions"));
    older = new OlderCode(rows, vectors, async (text) => {
      const [vector] = await deployment.embedder.embed([text]);
      return Array.from(vector ?? []);
    });
  });
  afterEach(async () => {
    for (const manager of managers) await manager.close();
    await deployment.dispose();
  });

  async function open(options: DualStoreOptions = {}): Promise<Manager> {
    const all = deployment.options(options);
    const manager = await DualStoreManager.create("sessions", "text", "timestamp", all);
    managers.push(manager);
    return manager;
  }

  it("both see each other's writes, and nothing of the older rows changes", async () => {
    const manager = await open();
    for (let i = 0; i < 40; i++) {
      await Promise.all([
        older.insert(`old-${i}`, `older text ${i}`, T + i * 2),
        manager.insert({ id: `new-${i}`, text: `newer text ${i}`, timestamp: T + i * 2 + 1 }),
      ]);
    }
    await manager.flush();
    expect(await manager.count()).toBe(80);
    expect((await manager.getMostRecent(3)).map(({ id }) => id)).toEqual([
      "new-39",
      "old-39",
      "new-38",
    ]);
    expect((await older.recent(3)).map(({ id }) => id)).toEqual(["new-39", "old-39", "new-38"]);
    expect(await older.vectors.count()).toBe(80);
    const row = await older.get("new-7");
    expect(row).toMatchObject({
      id: "new-7",
      text: "newer text 7",
      timestamp: T + 15,
      metadata: { vectorWriteSuccess: true, vectorWriteError: null },
    });
    expect(
      await older.rows.countDocuments({ "metadata.by": "older", palimpsest: { $exists: true } }),
    ).toBe(0);
    expect((await manager.getConsistencyReport()).consistentDocuments).toBe(80);
  });

  it("an id that older code inserts again is shown in its newer form, and may be written on", async () => {
    const manager = await open();
    await manager.insert({ id: "a", text: "first", timestamp: T });
    await older.rows.insertOne({
      _id: new ObjectId(),
      id: "a",
      text: "second",
      timestamp: T + 5,
      metadata: {},
    });
    expect((await manager.get("a"))?.text).toBe("second");
    expect(await manager.count()).toBe(1);
    await manager.update("a", { text: "third" });
    expect((await manager.get("a"))?.text).toBe("third");
    expect((await manager.getRevisions("a")).map(({ text }) => text).toSorted()).toEqual([
      "second",
      "third",
    ]);
    expect(await manager.delete("a")).toBe(true);
    expect(await older.get("a")).toBeNull();
    expect(await manager.get("a")).toBeNull();
  });

  it("an updated adopted row is updated where older code finds it; a deleted one is gone", async () => {
    await older.insert("a", "as it was", T);
    const manager = await open({ consistency: "strict" });
    await manager.update("a", { text: "as it is" });
    expect(await older.get("a")).toMatchObject({ text: "as it is", timestamp: T });
    const found = await older.vectors.get({ ids: ["a"] });
    expect(found.documents).toEqual(["as it is"]);
    expect(found.metadatas).toEqual([{ by: "older", timestamp: T }]);
    await manager.delete("a");
    expect(await older.get("a")).toBeNull();
    expect((await older.vectors.get({ ids: ["a"] })).ids).toEqual([]);
    await older.insert("a", "once more", T + 9);
    expect((await manager.get("a"))?.text).toBe("once more");
  });

  it("opening and reading writes nothing, also without readOnly", async () => {
    await older.insert("a", "one", T);
    const before = await older.rows.find().toArray();
    const manager = await open();
    await manager.get("a");
    await manager.getMostRecent();
    await manager.getMostRelevant(["one"], 3);
    await manager.getConsistencyReport();
    const names = (await deployment.database.listCollections().toArray()).map(({ name }) => name);
    expect(names).toEqual([deployment.family("sessions")]);
    expect(await older.rows.find().toArray()).toEqual(before);
  });

  it("6.1 #2: strict leaves neither document nor vector when the embedder fails", async () => {
    const manager = await open({ consistency: "strict" });
    deployment.embedder.failure = new Error("no model");
    await expect(manager.insert({ id: "a", text: "x", timestamp: T })).rejects.toThrow(
      /Vector store write failed for entry a: .*no model/,
    );
    expect(await older.get("a")).toBeNull();
    expect(await manager.getConsistencyReport()).toMatchObject({ totalDocuments: 0 });
    deployment.embedder.failure = undefined;
    await manager.insert({ id: "a", text: "x", timestamp: T });
    expect((await manager.checkConsistency("a")).hasVector).toBe(true);
  });

  it("6.1 #7: dedupes before the limit and gets the newest of an id", async () => {
    for (let i = 0; i < 6; i++)
      await older.rows.insertOne({
        _id: new ObjectId(),
        id: "a",
        text: `v${i}`,
        timestamp: T + i,
        metadata: {},
      });
    await older.rows.insertOne({
      _id: new ObjectId(),
      id: "b",
      text: "b",
      timestamp: T - 1,
      metadata: {},
    });
    const manager = await open();
    expect((await manager.getMostRecent(2)).map(({ id, text }) => [id, text])).toEqual([
      ["a", "v5"],
      ["b", "b"],
    ]);
    expect((await manager.get("a"))?.text).toBe("v5");
  });

  it("6.1 #13: sorts dates, texts and numbers by the moment they name", async () => {
    const times = [
      T + 3,
      new Date(T + 1),
      new Date(T + 2).toISOString(),
      "2023-11-14T22:13:20.000+00:00",
    ];
    for (const [i, timestamp] of times.entries()) {
      await older.rows.insertOne({
        _id: new ObjectId(),
        id: `d${i}`,
        text: `t${i}`,
        timestamp,
        metadata: {},
      });
    }
    const manager = await open();
    expect((await manager.getMostRecent(10)).map(({ id }) => id)).toEqual(["d0", "d2", "d1", "d3"]);
  });

  it("6.1 #16: closing one family leaves the others open", async () => {
    const one = await open();
    const two = await open();
    await one.cleanup();
    await two.insert({ id: "a", text: "x", timestamp: T });
    expect((await two.get("a"))?.text).toBe("x");
  });

  it("6.1 #17: what waits at a close is indexed by the next process", async () => {
    const one = await open();
    deployment.embedder.failure = new Error("down");
    await one.insert({ id: "a", text: "x", timestamp: T });
    await one.close();
    deployment.embedder.failure = undefined;
    let clock = Date.now() + 3_600_000;
    const two = await open({ time: () => clock++ });
    await two.flush();
    expect((await older.vectors.get({ ids: ["a"] })).ids).toEqual(["a"]);
  });

  it("pages through 250 entries once and stops; 100 concurrent inserts are 100 rows", async () => {
    const manager = await open({ dualWriteEnabled: false });
    await Promise.all(
      Array.from({ length: 250 }, (_, i) =>
        manager.insert({ id: `d${i}`, text: `t${i}`, timestamp: T + i }),
      ),
    );
    const ids: string[] = [];
    for await (const { id } of manager.scan({ pageSize: 100 })) ids.push(id);
    expect(ids).toHaveLength(250);
    expect(new Set(ids).size).toBe(250);
    expect(await older.rows.countDocuments()).toBe(250);
  });

  it("filters by several nested conditions, and Chroma's by metadata", async () => {
    const manager = await open();
    for (const [id, type, priority] of [
      ["a", "report", "high"],
      ["b", "report", "low"],
      ["c", "note", "high"],
      ["d", "report", "mid"],
    ] as const) {
      await manager.insert({ id, text: `text ${id}`, timestamp: T, metadata: { type, priority } });
    }
    await manager.flush();
    const filter = { "metadata.type": "report", "metadata.priority": { $in: ["high", "low"] } };
    expect((await manager.getMostRecent(10, filter)).map(({ id }) => id).toSorted()).toEqual([
      "a",
      "b",
    ]);
    const found = await manager.getMostRelevant(["text"], 10, {
      type: "report",
      priority: { $ne: "mid" },
    });
    expect(found.map(({ id }) => id).toSorted()).toEqual(["a", "b"]);
  });

  it("writes vectors where the alias points, and refuses a model of another length", async () => {
    const target = await deployment.chroma.createCollection({
      name: `${deployment.family("other")}`,
      embeddingFunction: null,
    });
    await target.add({
      ids: ["z"],
      documents: ["z"],
      metadatas: [{ timestamp: T }],
      embeddings: [[1, 2, 3]],
    });
    const aliases = deployment.database.collection<{ _id: string; target: string }>(
      "collection_aliases",
    );
    await aliases.insertOne({ _id: deployment.family("sessions"), target: target.name });
    await expect(open()).rejects.toMatchObject({ code: "E_DIMENSION_MISMATCH" });
    await target.delete({ ids: ["z"] });
    await aliases.updateOne(
      { _id: deployment.family("sessions") },
      { $set: { target: `${deployment.family("fresh")}` } },
    );
    const manager = await open({ consistency: "strict" });
    await manager.insert({ id: "a", text: "x", timestamp: T });
    const fresh = await deployment.chroma.getCollection({ name: deployment.family("fresh") });
    expect(await fresh.count()).toBe(1);
    expect(await older.vectors.count()).toBe(0);
  });

  it("6.1 #8: hasVector is true for a vector that is there", async () => {
    await older.insert("a", "x", T);
    const manager = await open();
    expect(await manager.checkConsistency("a")).toEqual({
      hasDocument: true,
      hasVector: true,
      vectorWriteSuccess: true,
    });
  });

  it("6.1 #12: two conditions need no $and, and nested metadata is filtered", async () => {
    const manager = await open();
    await manager.insert({
      id: "a",
      text: "x",
      timestamp: T,
      metadata: { k: 1, deep: { level: 1 } },
    });
    await manager.insert({
      id: "b",
      text: "x",
      timestamp: T,
      metadata: { k: 1, deep: { level: 2 } },
    });
    await manager.flush();
    const found = await manager.getMostRelevant(["x"], 5, { k: 1, deep: { level: 2 } as never });
    expect(found.map(({ id }) => id)).toEqual(["b"]);
    expect(await manager.count({ "metadata.deep.level": { $gte: 2 } })).toBe(1);
  });

  it("6.1 #14: retention goes by the family's own time and takes the vectors too", async () => {
    for (const [id, days] of [
      ["old", 40],
      ["new", 3],
    ] as const) {
      await older.insert(id, id, T - days * 86_400_000);
    }
    const manager = await open({ time: () => T });
    const rule = { olderThanMs: 30 * 86_400_000 };
    expect(await manager.prune({ ...rule, dryRun: true })).toBe(1);
    expect(await older.rows.countDocuments()).toBe(2);
    expect(await manager.prune(rule)).toBe(1);
    await manager.flush();
    expect((await older.vectors.get({})).ids).toEqual(["new"]);
    expect((await older.rows.find().toArray()).map(({ id }) => id)).toEqual(["new"]);
    await expect(manager.prune({})).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });

  it("6.1 #15: a connection that failed once is tried again", async () => {
    const bad = deployment.options({
      mongoUri: "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100",
    });
    for (const _ of [1, 2]) {
      await expect(
        DualStoreManager.create("sessions", "text", "timestamp", bad),
      ).rejects.toMatchObject({
        code: "E_UNAVAILABLE",
      });
    }
    expect(await (await open()).count()).toBe(0);
  });

  it("6.1 #20, 6.2 testConnections: health asks every part and writes nothing", async () => {
    const manager = await open();
    expect((await manager.health()).healthy).toBe(true);
    expect(await deployment.database.listCollections().toArray()).toEqual([]);
    await manager.insert({ id: "a", text: "x", timestamp: T });
    const keys = (await older.rows.indexes()).map(({ key, unique }) => ({ key, unique }));
    expect(keys).toContainEqual({ key: { id: 1 }, unique: undefined });
    expect(keys).toContainEqual({ key: { timestamp: -1 }, unique: undefined });
  });

  it("6.2 restoreFromBackup: purge empties the real family, cleanup only closes it", async () => {
    await older.insert("a", "x", T);
    const manager = await open({ consistency: "strict" });
    await manager.cleanup();
    expect(await older.rows.countDocuments()).toBe(1);
    const again = await open({ consistency: "strict" });
    expect(await again.purge({ confirm: deployment.family("sessions") })).toBe(1);
    expect(await older.rows.countDocuments()).toBe(0);
    expect(await older.vectors.count()).toBe(0);
  });

  it("embeds through Ollama as the environment names it", async () => {
    const models: string[] = [];
    const server: Server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const { model, input } = JSON.parse(body) as { model: string; input: string[] };
        models.push(model);
        const embeddings = [input].flat().map((text) => [text.length, 1, 0]);
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            model,
            embeddings,
            total_duration: 1,
            load_duration: 1,
            prompt_eval_count: 1,
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { embedder: _embedder, ...options } = deployment.options({
        consistency: "strict",
        ollamaUrl: `http://127.0.0.1:${port}`,
        env: { EMBEDDING_FUNCTION: "my-model" },
      });
      const manager = await DualStoreManager.create("sessions", "text", "timestamp", options);
      managers.push(manager);
      await manager.insert({ id: randomUUID(), text: "abc", timestamp: T });
      expect((await older.vectors.get({ include: ["embeddings"] })).embeddings).toEqual([
        [3, 1, 0],
      ]);
      expect(new Set(models)).toEqual(new Set(["my-model"]));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
