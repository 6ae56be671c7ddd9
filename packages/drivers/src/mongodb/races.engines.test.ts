import { type DocumentStore, type PutItem, sealDocument, systemClock } from "@palimpsest/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { MongodbDocumentStore } from "./document-store.ts";
import { Fence } from "./fence.ts";
import { type TestStore, testStore, testUrl } from "./fixtures/test-store.ts";
import { MongodbOutbox } from "./outbox.ts";
import { reported } from "./record.ts";
import { MongodbSettings } from "./settings.ts";

function put(id: string, text: string = "a"): PutItem {
  return { type: "put", document: { scope: "", id, text, metadata: {}, timestamp: 1 } };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

describe.skipIf(testUrl === undefined)("concurrent writers", () => {
  let store: TestStore;
  let one: DocumentStore;
  let two: DocumentStore;

  beforeEach(async () => {
    store = await testStore();
    one = store.engine.documents;
    two = (await store.open()).documents;
  });

  afterEach(() => store.dispose());

  test("batches over the same ids use every revision once and leave the last as present", async () => {
    const ids = range(12).map((i) => `d${i}`);
    const batches = range(16).map((i) =>
      (i % 2 === 0 ? one : two).write([
        ...ids.map((id) => put(id, `batch ${i}`)),
        put("d0", `again ${i}`),
      ]),
    );
    const results = (await Promise.all(batches)).flat();
    const written = results.flatMap((each) => (each.status === "written" ? [each.stored] : []));
    for (const id of ids) {
      const mine = written.filter((stored) => stored.id === id);
      const counters = mine.map(({ revision }) => revision.counter).toSorted((a, b) => a - b);
      expect(counters).toEqual(range(id === "d0" ? 32 : 16).map((i) => i + 1));
      const last = mine.find(({ revision }) => revision.counter === counters.at(-1));
      expect(await one.get([{ scope: "", id }])).toEqual([last]);
    }
  });

  test("of conditional batches on one state each item has one winner", async () => {
    const ids = range(10).map((i) => `d${i}`);
    const first = await one.write(ids.map((id) => ({ ...put(id), ifRevision: null })));
    const revisions = first.map((each) =>
      each.status === "written" ? each.stored.revision : null,
    );
    const rivals = range(8).map((i) =>
      (i % 2 === 0 ? one : two).write(
        ids.map((id, n) => ({ ...put(id, `rival ${i}`), ifRevision: revisions[n] ?? null })),
      ),
    );
    const results = await Promise.all(rivals);
    for (const [n] of ids.entries()) {
      const outcomes = results.map((each) => each[n]?.status);
      expect(outcomes.filter((status) => status === "written")).toHaveLength(1);
      expect(outcomes.filter((status) => status === "conflict")).toHaveLength(7);
    }
  });

  test("puts, deletes and texts that come and go never lose index work", async () => {
    const steps = range(60).map((i) => {
      const target = i % 2 === 0 ? one : two;
      if (i % 3 === 0) return target.write([{ type: "delete", key: { scope: "", id: "d" } }]);
      return target.write([put("d", i % 3 === 1 ? "" : `text ${i}`)]);
    });
    const results = (await Promise.all(steps)).flat();
    const counters = results.flatMap((each) =>
      each.status === "written" ? [each.stored.revision.counter] : [],
    );
    expect(counters.toSorted((a, b) => a - b)).toEqual(range(counters.length).map((i) => i + 1));
    const [stored] = await one.get([{ scope: "", id: "d" }], { includeDeleted: true });
    expect(stored?.revision.counter).toBe(counters.length);
    const work = await one.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });
    expect(work).toMatchObject([{ id: "d", revision: stored?.revision }]);
  });

  test("records merged at the same time in any order end at the newest", async () => {
    const records = range(20).map((i) =>
      reported(sealDocument(put("d", `text ${i}`).document), { epoch: i % 3, counter: 1 + i }),
    );
    const merges = records.map((record, i) => (i % 2 === 0 ? one : two).putIfNewer([record]));
    await Promise.all(merges);
    const newest = records.find(({ revision }) => revision.epoch === 2 && revision.counter === 18);
    expect(await one.get([{ scope: "", id: "d" }])).toEqual([newest]);
  });

  test("entries indexed at the same time end at the newest revision", async () => {
    const { lexical } = store.engine;
    const entries = range(20).map((i) =>
      lexical.upsert([
        {
          scope: "",
          id: "d",
          revision: { epoch: 0, counter: 1 + ((i * 7) % 20) },
          text: `sea r${1 + ((i * 7) % 20)}`,
          metadata: {},
        },
      ]),
    );
    await Promise.all(entries);
    expect(await lexical.query({ text: "r20", k: 9 })).toMatchObject([{ id: "d" }]);
    expect(await lexical.query({ text: "r19", k: 9 })).toEqual([]);
  });

  test("terms longer than an index key should be are found whole and told apart", async () => {
    const { lexical } = store.engine;
    const [a, b] = ["x".repeat(5_000), `${"x".repeat(4_999)}y`] as const;
    const revision = { epoch: 0, counter: 1 };
    await lexical.upsert([
      { scope: "", id: "a", revision, text: a, metadata: {} },
      { scope: "", id: "b", revision, text: b, metadata: {} },
    ]);
    expect(await lexical.query({ text: b, k: 9 })).toMatchObject([{ id: "b" }]);
    expect((await lexical.documentFrequency([a])).frequencies.get(a)).toBe(1);
  });

  /** The same collections behind a fence that another process raises at a chosen moment. */
  function storeBehind(fence: (connection: Connection) => Fence): MongodbDocumentStore {
    const connection = new Connection({
      client: store.client,
      database: store.database,
      collection: store.collection,
      server: "test",
      timeout: 30_000,
      ownsClient: false,
    });
    return new MongodbDocumentStore({
      connection,
      clock: systemClock,
      settings: new MongodbSettings(connection),
      outbox: new MongodbOutbox(connection, systemClock),
      fence: fence(connection),
      epoch: 0,
      close: () => connection.close(),
    });
  }

  test("a write during which the fence rises is not acknowledged", async () => {
    class RisingFence extends Fence {
      override async checkBefore(epoch: number): Promise<void> {
        await super.checkBefore(epoch, {});
        await this.raise(7);
      }
    }
    const late = storeBehind((connection) => new RisingFence(connection));
    const refused = expect.objectContaining({ code: "E_FENCED" });
    await expect(late.write([put("a")])).rejects.toEqual(refused);
    await one.fence(7);
    await expect(late.write([put("b"), put("c")])).rejects.toEqual(refused);
    // The second call met the fence before it wrote.
    expect(await one.count()).toBe(1);
    const [stored] = await one.write([put("a")], { epoch: 7 });
    expect(stored).toMatchObject({
      status: "written",
      stored: { revision: { epoch: 7, counter: 2 } },
    });
  });
});
