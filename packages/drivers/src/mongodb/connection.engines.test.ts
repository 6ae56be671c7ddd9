import { isPalimpsestError } from "@palimpsest/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Proxy } from "./fixtures/proxy.ts";
import { type TestStore, testStore, testUrl } from "./fixtures/test-store.ts";
import { type MongodbOptions, openMongodb } from "./open-mongodb.ts";

function put(id: string, text: string = "a") {
  const document = { scope: "", id, text, metadata: {}, timestamp: 1 };
  return { type: "put" as const, document };
}

describe.skipIf(testUrl === undefined)("the connection", () => {
  let store: TestStore;
  let proxy: Proxy;

  beforeEach(async () => {
    store = await testStore();
    proxy = new Proxy(testUrl as string);
    await proxy.start();
  });

  afterEach(async () => {
    await proxy.stop();
    await store.dispose();
  });

  function throughProxy(): MongodbOptions {
    const { database, collection } = store;
    return { url: proxy.url, database, collection, connectTimeout: 3_000, timeout: 30_000 };
  }

  test("a first connection that failed is tried anew by the next open", async () => {
    await proxy.stop();
    await expect(openMongodb(throughProxy())).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    await proxy.start();
    const engine = await openMongodb(throughProxy());
    expect(await engine.documents.count()).toBe(0);
    await engine.close();
  });

  test("an open store works again when its server is back, and loses nothing acknowledged", async () => {
    const engine = await openMongodb(throughProxy());
    await engine.documents.write([put("before")]);
    await proxy.stop();
    await expect(engine.documents.write([put("during")])).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
    });
    await expect(engine.documents.count()).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    await proxy.start();
    await expect
      .poll(() => engine.documents.write([put("after")]).catch(() => []), { timeout: 60_000 })
      .toMatchObject([{ status: "written" }]);
    const { documents } = await engine.documents.scan({ limit: 9 });
    expect(documents.map(({ id }) => id)).toEqual(["after", "before"]);
    await engine.close();
  });

  test("a server that no longer answers is an error, not a wait without end", async () => {
    const engine = await openMongodb({
      ...throughProxy(),
      responseTimeout: 5_000,
    } as MongodbOptions);
    await engine.documents.write([put("before")]);
    proxy.hang();
    await expect(engine.documents.write([put("during")])).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
    });
    await proxy.stop();
    await engine.close();
  });

  test("connections that break under writes lose no acknowledged write and repeat no revision", async () => {
    const engine = await openMongodb(throughProxy());
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 30; round++) {
      const ids = ["a", "b", `${round}`];
      const writing = engine.documents.write(ids.map((id) => put(id, `round ${round}`)));
      if (round % 3 === 0) setImmediate(() => proxy.reset());
      const results = await writing.catch((error: unknown) => {
        if (!isPalimpsestError(error, "E_UNAVAILABLE")) throw error;
        return [];
      });
      for (const result of results) {
        if (result.status !== "written") continue;
        const { id, revision } = result.stored;
        expect(revision.counter).toBeGreaterThan(acknowledged.get(id) ?? 0);
        acknowledged.set(id, revision.counter);
      }
    }
    for (const [id, counter] of acknowledged) {
      const [stored] = await store.engine.documents.get([{ scope: "", id }]);
      expect(stored?.revision.counter).toBeGreaterThanOrEqual(counter);
    }
    expect(acknowledged.size).toBeGreaterThan(10);
    await engine.close();
  });
});
