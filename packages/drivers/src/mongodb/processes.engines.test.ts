import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, startChild } from "./fixtures/child.ts";
import { type TestStore, testStore, testUrl } from "./fixtures/test-store.ts";

/** Longer than any pause of a busy machine. */
const lockTtl = 60_000;

describe.skipIf(testUrl === undefined)("several processes", () => {
  let store: TestStore;
  let children: Child[];

  beforeEach(async () => {
    children = [];
    store = await testStore({ lockTtl });
  });

  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    await store.dispose();
  });

  function start(file: string, ...args: string[]): Child {
    const child = startChild(file, [testUrl as string, store.database, store.collection, ...args]);
    children.push(child);
    return child;
  }

  test("what a killed writer had acknowledged is there, with its index work", async () => {
    const acknowledged = new Map<string, { counter: number; digest: string }>();
    for (const [run, count] of [20, 57, 110].entries()) {
      const child = start("writer-child.ts", "w", "5");
      let seen = 0;
      for await (const line of child.lines) {
        const [id, counter, digest] = JSON.parse(line) as [string, number, string];
        expect(counter).toBeGreaterThan(acknowledged.get(id)?.counter ?? 0);
        acknowledged.set(id, { counter, digest });
        if (++seen >= count) break;
      }
      await child.kill();
      expect({ run, seen }).toEqual({ run, seen: count });
    }
    const { documents } = store.engine;
    const work = await documents.outbox.claim({ owner: "w", limit: 100, leaseMs: 1_000 });
    for (const [id, { counter, digest }] of acknowledged) {
      const [stored] = await documents.get([{ scope: "", id }]);
      const present = stored?.revision.counter ?? 0;
      expect(present).toBeGreaterThanOrEqual(counter);
      expect(present > counter || stored?.digest === digest).toBe(true);
      expect(work.find((entry) => entry.id === id)?.revision).toEqual(stored?.revision);
    }
  });

  test("two processes that write the same ids never share a revision", async () => {
    const lines = await Promise.all(
      ["a", "b"].map(async () => {
        const child = start("writer-child.ts", "same", "2");
        const found: string[] = [];
        for await (const line of child.lines) {
          found.push(line);
          if (found.length === 120) break;
        }
        await child.kill();
        return found.map((each) => (JSON.parse(each) as [string, number]).slice(0, 2).join(" "));
      }),
    );
    const all = lines.flat();
    expect(new Set(all).size).toBe(all.length);
  });

  test("the lock of a killed process is free once its lease ended, not before", async () => {
    const child = start("lock-child.ts", String(lockTtl));
    expect(await once(child.lines, "line")).toEqual(["held"]);
    expect(await store.engine.lock("import")).toBeUndefined();
    await child.kill();
    expect(await store.engine.lock("import")).toBeUndefined();
    await store.client
      .db(store.database)
      .collection<{ _id: string }>(`${store.collection}.control`)
      .updateOne({ _id: "lock:import" }, { $set: { until: 0 } });
    expect(await store.engine.lock("import")).toBeDefined();
  });
});
