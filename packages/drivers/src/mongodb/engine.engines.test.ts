import { MongoClient } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestStore, testStore, testUrl } from "./fixtures/test-store.ts";
import { openMongodb } from "./open-mongodb.ts";

/** Longer than most pauses of a busy machine. */
const lockTtl = 6_000;

describe.skipIf(testUrl === undefined)("the engine", () => {
  let store: TestStore;

  beforeEach(async () => {
    store = await testStore({ lockTtl });
  });

  afterEach(() => store.dispose());

  const controls = () =>
    store.client
      .db(store.database)
      .collection<{ _id: string; until: number }>(`${store.collection}.control`);

  /** As the lock's heartbeat has it. */
  const heldUntil = async (): Promise<number> =>
    (await controls().findOne({ _id: "lock:import" }))?.until ?? 0;

  test("has no vectors, and says where to get them", async () => {
    await expect(store.engine.openVectors({ dimension: 3, modelId: "m" })).rejects.toMatchObject({
      code: "E_UNSUPPORTED",
      message: expect.stringContaining("chroma:"),
    });
  });

  test("a lock is one holder's, kept by its heartbeat, and free after disposal or close", async () => {
    const other = await store.open();
    const lock = await store.engine.lock("import");
    expect(lock).toBeDefined();
    expect(await store.engine.lock("import")).toBeUndefined();
    const begin = await heldUntil();
    await expect.poll(heldUntil, { timeout: 60_000 }).toBeGreaterThan(begin + lockTtl / 2);
    expect(await other.lock("import")).toBeUndefined();
    expect(await other.lock("another")).toBeDefined();
    await lock?.[Symbol.asyncDispose]();
    expect(await other.lock("import")).toBeDefined();
    // Disposed already, so this must not free the next holder's.
    await lock?.[Symbol.asyncDispose]();
    expect(await store.engine.lock("import")).toBeUndefined();
    await other.close();
    expect(await store.engine.lock("import")).toBeDefined();
    await expect(store.engine.lock("No Name")).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });

  test("a holder that lost its lock is told, and does not free the new holder's", async () => {
    const warnings: string[] = [];
    const sleeper = await store.open({ onWarning: (message) => warnings.push(message) });
    const lock = await sleeper.lock("import");
    await controls().updateOne({ _id: "lock:import" }, { $set: { owner: "thief" } });
    await expect
      .poll(() => warnings, { timeout: 60_000 })
      .toContainEqual(expect.stringMatching(/lock import was lost/));
    await lock?.[Symbol.asyncDispose]();
    expect(await controls().findOne({ _id: "lock:import" })).toMatchObject({ owner: "thief" });
  });

  test("closing one engine leaves another's working, and a given client open", async () => {
    const other = await store.open();
    await store.engine.close();
    await store.engine.close();
    expect(await other.documents.count()).toBe(0);
    await expect(store.engine.lock("import")).rejects.toMatchObject({ code: "E_CLOSED" });
    await expect(store.engine.documents.count()).rejects.toMatchObject({ code: "E_CLOSED" });
    await expect(store.engine.lexical.query({ text: "a", k: 1 })).rejects.toMatchObject({
      code: "E_CLOSED",
    });
    await store.client.db(store.database).command({ ping: 1 });
  });

  test("collections of another program are refused and left as they are", async () => {
    const database = store.client.db(store.database);
    const foreign = `${store.collection}.foreign`;
    await database.collection(foreign).insertOne({ text: "v1" });
    const opening = openMongodb({
      client: store.client,
      database: store.database,
      collection: foreign,
    });
    await expect(opening).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining("another program"),
    });
    expect(await database.collection(foreign).countDocuments()).toBe(1);
    expect(await database.collection(`${foreign}.control`).countDocuments()).toBe(0);
    await database.dropCollection(foreign);
  });

  test("a later layout and an index of another shape are refused", async () => {
    const database = store.client.db(store.database);
    const control = database.collection<{ _id: string }>(`${store.collection}.control`);
    await control.updateOne({ _id: "schema" }, { $set: { number: 2 } });
    await expect(store.open()).rejects.toMatchObject({ code: "E_UNSUPPORTED" });
    await control.updateOne({ _id: "schema" }, { $set: { number: 1 } });
    await database.collection(store.collection).dropIndex("recent");
    await database.collection(store.collection).createIndex({ text: 1 }, { name: "recent" });
    await expect(store.open()).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining("drop it"),
    });
  });

  test("many first opens at once agree on collections and indexes", async () => {
    const collection = `${store.collection}.many`;
    const engines = await Promise.all(Array.from({ length: 6 }, () => store.open({ collection })));
    const puts = engines.map(({ documents }, i) =>
      documents.write([
        {
          type: "put",
          document: { scope: "", id: `${i}`, text: "a", metadata: {}, timestamp: i },
        },
      ]),
    );
    await Promise.all(puts);
    expect(await engines[0]?.documents.count()).toBe(6);
    for (const suffix of ["", ".terms", ".control"]) {
      await store.client.db(store.database).dropCollection(`${collection}${suffix}`);
    }
  });

  test("a standalone server is warned of, once per open", async () => {
    const warnings: string[] = [];
    await store.open({ onWarning: (message) => warnings.push(message) });
    const hello = await store.client.db("admin").command({ isMaster: 1 });
    const standalone = hello["setName"] === undefined && hello["msg"] !== "isdbgrid";
    expect(warnings).toHaveLength(standalone ? 1 : 0);
  });

  test("writes ask for a majority and the journal, reads for a majority, whatever the client says", async () => {
    const client = new MongoClient(testUrl as string, {
      writeConcern: { w: 0 },
      readConcernLevel: "local",
      monitorCommands: true,
    });
    const seen = new Map<string, Record<string, unknown>>();
    client.on("commandStarted", ({ commandName, command }) => seen.set(commandName, command));
    const engine = await store.open({ client });
    const document = { scope: "", id: "a", text: "a", metadata: {}, timestamp: 1 };
    await engine.documents.write([{ type: "put", document }]);
    await engine.documents.write([
      { type: "put", document },
      { type: "put", document: { ...document, id: "b" } },
    ]);
    await engine.documents.get([document]);
    for (const name of ["findAndModify", "insert", "update"]) {
      expect(seen.get(name)?.["writeConcern"]).toMatchObject({
        w: "majority",
        j: true,
        wtimeout: 10_000,
      });
    }
    expect(seen.get("find")?.["readConcern"]).toEqual({ level: "majority" });
    await engine.close();
    await client.close();
  });
});
