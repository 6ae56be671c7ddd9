import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { type OlderCode, SharedFamily } from "./fixtures/older-code.ts";
import { hasServers, type TestDeployment } from "./fixtures/test-family.ts";

const T = 1_700_000_000_000;

describe.skipIf(!hasServers)("old and new code on one family", () => {
  let family: SharedFamily;
  let deployment: TestDeployment;
  let older: OlderCode;

  beforeEach(async () => {
    family = new SharedFamily();
    deployment = family.deployment;
    older = await family.older();
  });
  afterEach(() => family.dispose());

  it("both see each other's writes, and nothing of the older rows changes", async () => {
    const manager = await family.open();
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
    const manager = await family.open();
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
    const manager = await family.open({ consistency: "strict" });
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
    const manager = await family.open();
    await manager.get("a");
    await manager.getMostRecent();
    await manager.getMostRelevant(["one"], 3);
    await manager.getConsistencyReport();
    const names = (await deployment.database.listCollections().toArray()).map(({ name }) => name);
    expect(names).toEqual([deployment.family("sessions")]);
    expect(await older.rows.find().toArray()).toEqual(before);
  });

  it("pages through 250 entries once and stops; 100 concurrent inserts are 100 rows", async () => {
    const manager = await family.open({ dualWriteEnabled: false });
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
    const manager = await family.open();
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
    await expect(family.open()).rejects.toMatchObject({ code: "E_DIMENSION_MISMATCH" });
    await target.delete({ ids: ["z"] });
    await aliases.updateOne(
      { _id: deployment.family("sessions") },
      { $set: { target: `${deployment.family("fresh")}` } },
    );
    const manager = await family.open({ consistency: "strict" });
    await manager.insert({ id: "a", text: "x", timestamp: T });
    const fresh = await deployment.chroma.getCollection({ name: deployment.family("fresh") });
    expect(await fresh.count()).toBe(1);
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
