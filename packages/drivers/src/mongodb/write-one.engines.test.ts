import { sealDocument, sealTombstone, type DocumentKey } from "@palimpsest/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { type TestStore, testStore, testUrl } from "./fixtures/test-store.ts";
import type { RecordHead } from "./record.ts";
import { RecordWriter } from "./record-writer.ts";
import type { Outcome } from "./write-batch.ts";
import type { PlannedItem } from "./write-items.ts";
import { writeOne } from "./write-one.ts";

const key = { scope: "", id: "a" };

function document(text: string) {
  return { ...key, text, metadata: {}, timestamp: 1 };
}

/** Lets another writer in between the first read and the write that relies on it. */
class OvertakenWriter extends RecordWriter {
  readonly #meanwhile: () => Promise<unknown>;
  #overtaken = false;

  constructor(connection: Connection, meanwhile: () => Promise<unknown>) {
    super(connection);
    this.#meanwhile = meanwhile;
  }

  override async heads(keys: readonly DocumentKey[]): Promise<Map<string, RecordHead>> {
    const heads = await super.heads(keys);
    if (!this.#overtaken) await this.#meanwhile();
    this.#overtaken = true;
    return heads;
  }
}

describe.skipIf(testUrl === undefined)("a write overtaken between its read and its write", () => {
  let store: TestStore;

  beforeEach(async () => {
    store = await testStore();
  });

  afterEach(() => store.dispose());

  function overtaken(item: PlannedItem, meanwhile: () => Promise<unknown>): Promise<Outcome> {
    const { client, database, collection } = store;
    const options = { client, database, collection, server: "test", timeout: 30_000 };
    const connection = new Connection({ ...options, ownsClient: false });
    const writer = new OvertakenWriter(connection, meanwhile);
    return writeOne(item, { writer, epoch: 0, now: 5, signal: undefined });
  }

  test("a delete after another's delete is absent and uses no revision", async () => {
    const { documents } = store.engine;
    await documents.write([{ type: "put", document: document("a") }]);
    const item = { sealed: sealTombstone(key, 5), ifRevision: undefined };
    const outcome = await overtaken(item, () => documents.write([{ type: "delete", key }]));
    expect(outcome).toEqual({ status: "absent" });
    const [stored] = await documents.get([key], { includeDeleted: true });
    expect(stored?.revision.counter).toBe(2);
  });

  test("a put of no text over another's text still asks for index work", async () => {
    const { documents } = store.engine;
    const item = { sealed: sealDocument(document("")), ifRevision: undefined };
    await overtaken(item, async () => {
      await documents.write([{ type: "put", document: document("a") }]);
      const claim = { owner: "w", limit: 1, leaseMs: 1_000 };
      await documents.outbox.settle("w", await documents.outbox.claim(claim));
    });
    const work = await documents.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });
    expect(work).toMatchObject([{ ...key, revision: { counter: 2 } }]);
  });

  test("a put that wants no document conflicts with the one that came", async () => {
    const { documents } = store.engine;
    const item = { sealed: sealDocument(document("mine")), ifRevision: null };
    const outcome = await overtaken(item, () =>
      documents.write([{ type: "put", document: document("theirs") }]),
    );
    expect(outcome).toMatchObject({ status: "conflict", current: { text: "theirs" } });
  });

  test("a put onto a revision conflicts with the one that replaced it", async () => {
    const { documents } = store.engine;
    await documents.write([{ type: "put", document: document("a") }]);
    const ifRevision = { epoch: 0, counter: 1 };
    const outcome = await overtaken({ sealed: sealDocument(document("mine")), ifRevision }, () =>
      documents.write([{ type: "put", document: document("theirs") }]),
    );
    expect(outcome).toMatchObject({ status: "conflict", current: { text: "theirs" } });
  });

  test("a lone put below its record's own epoch is fenced", async () => {
    const { documents } = store.engine;
    await documents.write([{ type: "put", document: document("a") }], { epoch: 7 });
    const late = documents.write([{ type: "put", document: document("late") }]);
    await expect(late).rejects.toMatchObject({ code: "E_FENCED" });
    expect(await documents.get([key])).toMatchObject([{ text: "a", revision: { counter: 1 } }]);
  });
});
