import type { DocumentStore } from "@palimpsest/core";
import { MemoryDocumentStore } from "@palimpsest/core/memory";
import type { Collection } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import type { LegacyRow } from "./legacy-row.ts";
import { LegacyRows } from "./legacy-rows.ts";
import { V1DocumentStore } from "./v1-document-store.ts";

const key = { scope: "", id: "a" };

function put(text: string): Parameters<DocumentStore["write"]>[0][number] {
  return { type: "put", document: { ...key, text, metadata: {}, timestamp: 5 } };
}

/** The ledger and the rows are two writes: whatever happens between them must do no harm. */
describe.skipIf(!hasServers)("ledger and rows", () => {
  let deployment: TestDeployment;
  let rows: Collection<LegacyRow>;
  let ledger: MemoryDocumentStore;
  let store: V1DocumentStore;

  beforeEach(() => {
    deployment = new TestDeployment();
    rows = deployment.database.collection<LegacyRow>("duck_family");
    ledger = new MemoryDocumentStore();
    store = new V1DocumentStore({
      collection: rows,
      ledger: {
        exists: async () => true,
        open: async () => ledger,
        close: () => ledger.close(),
      },
      textKey: "text",
      timeKey: "timestamp",
    });
  });
  afterEach(async () => {
    await store.close();
    await deployment.dispose();
  });

  const claim = () => store.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });

  it("an insert whose writer died between the two is brought to the rows by the outbox", async () => {
    await ledger.write([put("on its way")]);
    expect((await store.get([key]))[0]).toBeUndefined();
    expect(await claim()).toHaveLength(1);
    expect((await store.get([key]))[0]).toMatchObject({
      text: "on its way",
      revision: { counter: 1 },
    });
    expect(await rows.countDocuments()).toBe(1);
  });

  it("an update that stopped halfway is finished by the next write", async () => {
    await store.write([put("one")]);
    await ledger.write([put("two")]);
    expect((await store.get([key]))[0]?.text).toBe("one");
    const [result] = await store.write([
      { ...put("three"), ifRevision: { epoch: 0, counter: 2 } } as never,
    ]);
    expect(result).toMatchObject({ status: "written", stored: { revision: { counter: 3 } } });
    expect((await rows.find().toArray()).map(({ text }) => text)).toEqual(["three"]);
  });

  it("one revision never names two contents: a half update comes before what older code added", async () => {
    await store.write([put("one")]);
    await ledger.write([put("two")]);
    await rows.insertOne({ id: "a", text: "older code", timestamp: 9, metadata: {} } as never);
    const taken = { ...put("three"), ifRevision: { epoch: 0, counter: 2 } } as never;
    expect((await store.write([taken]))[0]?.status).toBe("conflict");
    const [seen] = await store.get([key]);
    expect(seen).toMatchObject({ text: "older code", revision: { counter: 3 } });
  });

  it("a put that comes to its row after a later delete does not bring the document back", async () => {
    const write = ledger.write.bind(ledger);
    let later: Promise<unknown> | undefined;
    ledger.write = async (items, options) => {
      const results = await write(items, options);
      ledger.write = write;
      later = store.write([{ type: "delete", key }]);
      // The delete looks for the row of this put until it believes that there is none.
      await later;
      return results;
    };
    await store.write([put("one")]);
    await later;
    expect(await rows.countDocuments()).toBe(0);
    expect((await store.get([key]))[0]).toBeUndefined();
  });

  it("what older code adds while a write is on its way is neither hidden nor deleted", async () => {
    const write = ledger.write.bind(ledger);
    ledger.write = async (items, options) => {
      await rows.insertOne({ id: "a", text: "older code", timestamp: 9, metadata: {} } as never);
      return write(items, options);
    };
    await rows.insertOne({ id: "a", text: "first", timestamp: 1, metadata: {} } as never);
    await store.write([put("mine")]);
    expect((await store.get([key]))[0]).toMatchObject({ text: "older code" });
    await store.write([{ type: "delete", key }]);
    const left = await rows.find().toArray();
    expect(left.map(({ text, palimpsest }) => [text, palimpsest])).toEqual([
      ["older code", undefined],
    ]);
    expect((await store.get([key]))[0]).toMatchObject({ text: "older code" });
  });

  it("an edit by hand is shown, and a write goes on from it", async () => {
    await store.write([put("one")]);
    await rows.updateOne({ id: "a" }, { $set: { text: "edited" } });
    const [seen] = await store.get([key]);
    expect(seen).toMatchObject({ text: "edited", revision: { counter: 1 } });
    const next = { ...put("two"), ifRevision: seen?.revision } as never;
    expect((await store.write([next]))[0]?.status).toBe("written");
    expect((await rows.find().toArray()).map(({ text }) => text)).toEqual(["two"]);
  });

  it("a write that comes late to an adopted row adds no second one", async () => {
    await rows.insertOne({ id: "a", text: "first", timestamp: 1, metadata: {} } as never);
    const write = ledger.write.bind(ledger);
    ledger.write = async (items, options) => {
      const results = await write(items, options);
      ledger.write = write;
      await store.write([put("later")]);
      return results;
    };
    await store.write([put("earlier")]);
    expect((await rows.find().toArray()).map(({ text }) => text)).toEqual(["later"]);
  });

  it("a row never gives way to an older revision", async () => {
    await store.write([put("one"), put("two")]);
    const [present] = await rows.find().toArray();
    const older = { ...present, text: "one", palimpsest: { epoch: 0, counter: 1 } } as LegacyRow;
    await new LegacyRows(rows).replace(older, { epoch: 0, counter: 1 });
    expect(await rows.find().toArray()).toEqual([present]);
    await new LegacyRows(rows).replace(older, { epoch: 1, counter: 1 });
    expect((await rows.find().toArray())[0]?.text).toBe("one");
  });

  it("a delete that stopped halfway is finished by the outbox", async () => {
    await store.write([put("one")]);
    await ledger.write([{ type: "delete", key }]);
    await claim();
    expect(await rows.countDocuments()).toBe(0);
    expect((await store.get([key]))[0]).toBeUndefined();
    expect((await store.get([key], { includeDeleted: true }))[0]).toMatchObject({ deleted: true });
  });

  it("rows removed by hand are gone, and their ids can be inserted again with a higher revision", async () => {
    await store.write([put("one")]);
    await rows.drop();
    expect(await store.count()).toBe(0);
    expect((await store.get([key]))[0]).toBeUndefined();
    const [again] = await store.write([{ ...put("two"), ifRevision: null }]);
    expect(again).toMatchObject({ status: "written", stored: { revision: { counter: 3 } } });
    expect((await rows.find().toArray()).map(({ text }) => text)).toEqual(["two"]);
  });

  it("a row that older code adds counts as a revision, so a stale write is refused", async () => {
    const [first] = await store.write([put("one")]);
    if (first?.status !== "written") throw new Error("not written");
    await rows.insertOne({ id: "a", text: "older code", timestamp: 9, metadata: {} } as never);
    const [seen] = await store.get([key]);
    expect(seen).toMatchObject({ text: "older code", revision: { counter: 2 } });
    const stale = { ...put("stale"), ifRevision: first.stored.revision } as never;
    expect((await store.write([stale]))[0]?.status).toBe("conflict");
    const right = { ...put("right"), ifRevision: seen?.revision } as never;
    expect((await store.write([right]))[0]?.status).toBe("written");
    expect((await store.get([key]))[0]?.text).toBe("right");
  });

  it("writing to an id leaves its older rows in place, marked and nothing else", async () => {
    const older = [1, 2, 3].map((n) => ({ id: "a", text: `v${n}`, timestamp: n, metadata: { n } }));
    for (const row of older) await rows.insertOne({ ...row } as never);
    expect((await store.get([key]))[0]).toMatchObject({ text: "v3", revision: { counter: 3 } });
    await store.write([put("v4")]);
    const now = await rows.find().sort({ timestamp: 1 }).toArray();
    expect(now.map(({ text }) => text).toSorted()).toEqual(["v1", "v2", "v4"]);
    expect(now.filter(({ text }) => text !== "v4").map(({ palimpsest }) => palimpsest)).toEqual([
      { superseded: true },
      { superseded: true },
    ]);
    expect((await store.get([key]))[0]).toMatchObject({ text: "v4", revision: { counter: 4 } });
    expect(await store.count()).toBe(1);
    expect((await store.revisionsOf("a")).map(({ text }) => text)).toEqual(["v4", "v2", "v1"]);
  });

  it("metadata that v1's shape cannot hold comes back exactly, beside what older code can read", async () => {
    const metadata = { "": 1, $set: { "a.b": 2 }, when: { $date: "not a date" }, plain: [1] };
    await store.write([{ type: "put", document: { ...key, text: "x", metadata, timestamp: 5 } }]);
    expect((await store.get([key]))[0]?.metadata).toEqual(metadata);
    expect((await rows.findOne({ id: "a" }))?.text).toBe("x");
  });

  it("dates and further fields of the older rows survive a write of the text", async () => {
    const at = new Date(5_000);
    const row = {
      id: "a",
      text: "x",
      timestamp: at,
      source: "import",
      metadata: { at, deep: { b: [at] } },
    };
    await rows.insertOne(row as never);
    const [document] = await store.get([key]);
    if (document === undefined) throw new Error("not read");
    const { text: _text, ...rest } = document;
    await store.write([{ type: "put", document: { ...rest, text: "y" } }]);
    expect(await rows.findOne({ id: "a" })).toMatchObject({
      text: "y",
      timestamp: 5_000,
      source: "import",
      metadata: { at, deep: { b: [at] } },
    });
  });
});
