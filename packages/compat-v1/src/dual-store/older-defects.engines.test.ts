import { ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { type OlderCode, SharedFamily } from "./fixtures/older-code.ts";
import { hasServers, type TestDeployment } from "./fixtures/test-family.ts";

const T = 1_700_000_000_000;

describe.skipIf(!hasServers)("older defects, each with its right behaviour, on servers", () => {
  let family: SharedFamily;
  let deployment: TestDeployment;
  let older: OlderCode;

  beforeEach(async () => {
    family = new SharedFamily();
    deployment = family.deployment;
    older = await family.older();
  });
  afterEach(() => family.dispose());

  it("6.1 #2: strict leaves neither document nor vector when the embedder fails", async () => {
    const manager = await family.open({ consistency: "strict" });
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
    const manager = await family.open();
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
    const manager = await family.open();
    expect((await manager.getMostRecent(10)).map(({ id }) => id)).toEqual(["d0", "d2", "d1", "d3"]);
  });

  it("6.1 #16: closing one family leaves the others open", async () => {
    const one = await family.open();
    const two = await family.open();
    await one.cleanup();
    await two.insert({ id: "a", text: "x", timestamp: T });
    expect((await two.get("a"))?.text).toBe("x");
  });

  it("6.1 #17: what waits at a close is indexed by the next process", async () => {
    const one = await family.open();
    deployment.embedder.failure = new Error("down");
    await one.insert({ id: "a", text: "x", timestamp: T });
    await one.close();
    deployment.embedder.failure = undefined;
    let clock = Date.now() + 3_600_000;
    const two = await family.open({ time: () => clock++ });
    await two.flush();
    expect((await older.vectors.get({ ids: ["a"] })).ids).toEqual(["a"]);
  });

  it("6.1 #8: hasVector is true for a vector that is there", async () => {
    await older.insert("a", "x", T);
    const manager = await family.open();
    expect(await manager.checkConsistency("a")).toEqual({
      hasDocument: true,
      hasVector: true,
      vectorWriteSuccess: true,
    });
  });

  it("6.1 #12: two conditions need no $and, and nested metadata is filtered", async () => {
    const manager = await family.open();
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
    const manager = await family.open({ time: () => T });
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
    expect(await (await family.open()).count()).toBe(0);
  });

  it("6.1 #20, 6.2 testConnections: health asks every part and writes nothing", async () => {
    const manager = await family.open();
    expect((await manager.health()).healthy).toBe(true);
    expect(await deployment.database.listCollections().toArray()).toEqual([]);
    await manager.insert({ id: "a", text: "x", timestamp: T });
    const keys = (await older.rows.indexes()).map(({ key, unique }) => ({ key, unique }));
    expect(keys).toContainEqual({ key: { id: 1 }, unique: undefined });
    expect(keys).toContainEqual({ key: { timestamp: -1 }, unique: undefined });
  });

  it("6.2 restoreFromBackup: purge empties the real family, cleanup only closes it", async () => {
    await older.insert("a", "x", T);
    const manager = await family.open({ consistency: "strict" });
    await manager.cleanup();
    expect(await older.rows.countDocuments()).toBe(1);
    const again = await family.open({ consistency: "strict" });
    expect(await again.purge({ confirm: deployment.family("sessions") })).toBe(1);
    expect(await older.rows.countDocuments()).toBe(0);
    expect(await older.vectors.count()).toBe(0);
  });
});
