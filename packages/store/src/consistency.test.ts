import { type StoredDocument } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";

async function filled(count = 600) {
  const parts = await memoryParts();
  const store = await parts.open();
  const documents = await store.upsertMany(
    Array.from({ length: count }, (_, i) => ({
      scope: i % 3 === 0 ? "s" : "",
      id: `d${String(i).padStart(4, "0")}`,
      text: `text ${i}`,
    })),
  );
  return { ...parts, store, stored: documents };
}

function keyOf({ scope, id }: StoredDocument) {
  return { scope, id };
}

describe("checkConsistency", () => {
  test("a consistent store is healthy, whatever its size is against the pages", async () => {
    const { store } = await filled();
    expect(await store.checkConsistency()).toEqual({
      healthy: true,
      documents: 600,
      ratio: 1,
      unindexed: 0,
      vectors: 600,
      missing: 0,
      orphans: 0,
      stale: 0,
      quarantined: 0,
      pending: 0,
      problems: [],
    });
    expect(await store.checkConsistency({ scope: "s" })).toMatchObject({ documents: 200 });
  });

  test("finds every entry that is missing, orphaned or stale, in either index, at any place", async () => {
    const { store, stored, vectors, lexical, embedder } = await filled();
    const at = (i: number) => stored[i] as StoredDocument;
    await vectors.inner.delete([keyOf(at(0)), keyOf(at(255))]);
    await lexical.delete([keyOf(at(0)), keyOf(at(599))]);
    const entry = {
      revision: { epoch: 0, counter: 1 },
      metadata: {},
      vector: embedder.vectorOf("x"),
      text: "x",
    };
    const strangers = ["!", "d0100x!", "zzz!"].map((id) => Object.assign({ scope: "", id }, entry));
    await vectors.inner.upsert(strangers);
    await lexical.upsert(strangers.slice(0, 1));
    const ahead = { ...entry, ...keyOf(at(7)), revision: { epoch: 0, counter: 9 } };
    await vectors.inner.upsert([ahead]);
    const report = await store.checkConsistency();
    expect(report).toMatchObject({ healthy: false, missing: 3, orphans: 4, stale: 1 });
    expect(
      new Set(report.problems.map(({ kind, id, detail }) => `${kind} ${id}: ${detail}`)),
    ).toEqual(
      new Set([
        "missing d0000: no vector, no lexical entry",
        "missing d0255: no vector",
        "missing d0599: no lexical entry",
        "orphan !: vector without a document",
        "orphan !: lexical entry without a document",
        "orphan d0100x!: vector without a document",
        "orphan zzz!: vector without a document",
        "stale d0007: vector of a newer revision",
      ]),
    );
    expect(await store.checkConsistency({ scope: "s" })).toMatchObject({
      missing: 2,
      orphans: 0,
      stale: 0,
    });
  });

  test("an old revision in the index is stale; an entry of a document without text an orphan", async () => {
    const { open, store } = await filled(2);
    const late = await open({ consistency: "eventual" });
    await late.upsert({ id: "d0001", text: "changed" });
    await late.upsert({ scope: "s", id: "d0000", text: "" });
    expect(await store.checkConsistency()).toMatchObject({
      stale: 1,
      orphans: 1,
      missing: 0,
      unindexed: 1,
      pending: 2,
    });
  });

  test("lists no more problems than asked for and counts all", async () => {
    const { store, vectors, stored } = await filled();
    await vectors.inner.delete(stored.map(keyOf));
    const report = await store.checkConsistency({ limit: 5 });
    expect(report).toMatchObject({ missing: 600, vectors: 0 });
    expect(report.problems).toHaveLength(5);
  });

  test("an index of another model or dimension is a problem of the whole", async () => {
    const { store, vectors } = await filled(1);
    vectors.described = { modelId: "other", dimension: 3 };
    expect(await store.checkConsistency()).toMatchObject({
      healthy: false,
      problems: [{ kind: "dimension" }, { kind: "model" }],
    });
  });

  test("documents written during the check are not reported", async () => {
    const { store, documents, open } = await filled(10);
    const busy = await open();
    const scan = documents.scan.bind(documents);
    documents.scan = async (options) => {
      const page = await scan(options);
      await busy.upsertMany([
        { id: "d0001", text: "changed" },
        { id: "new", text: "new" },
      ]);
      await busy.delete({ id: "d0002" });
      return page;
    };
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, problems: [] });
  });
});

describe("repair", () => {
  test("mends what checkConsistency finds, and says what it did", async () => {
    const { store, stored, vectors, lexical, embedder } = await filled();
    await vectors.inner.delete(stored.slice(0, 300).map(keyOf));
    await lexical.delete(stored.slice(200, 500).map(keyOf));
    const entry = { metadata: {}, vector: embedder.vectorOf("x"), text: "x" };
    const orphans = Array.from({ length: 40 }, (_, i) => ({
      ...entry,
      scope: "",
      id: `zz${i}`,
      revision: { epoch: 0, counter: 1 },
    }));
    await vectors.inner.upsert(orphans);
    const revision = { epoch: 3, counter: 1 };
    const ahead = stored
      .slice(500, 510)
      .map((document) => Object.assign(keyOf(document), entry, { revision }));
    await vectors.inner.upsert(ahead);
    const dry = await store.repair({ dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, healthy: false, queued: 510, orphansDeleted: 40 });
    expect(dry.drained).toBeUndefined();
    expect(await store.checkConsistency()).toEqual(dry.before);
    const report = await store.repair();
    expect(report).toMatchObject({
      dryRun: false,
      healthy: true,
      queued: 510,
      orphansDeleted: 40,
      released: 0,
      drained: { indexed: 510, pending: 0 },
      after: { healthy: true, vectors: 600, documents: 600 },
    });
    expect((await store.search("text 505", { mode: "lexical", k: 1 }))[0]?.id).toBe("d0505");
  });

  test("a scope keeps repair to itself", async () => {
    const { store, stored, vectors } = await filled(9);
    await vectors.inner.delete(stored.map(keyOf));
    expect(await store.repair({ scope: "s" })).toMatchObject({ healthy: true, queued: 3 });
    expect(await store.checkConsistency()).toMatchObject({ missing: 6 });
  });

  test("a healthy store is left alone", async () => {
    const { store, embedder } = await filled(5);
    embedder.calls.length = 0;
    expect(await store.repair()).toMatchObject({ healthy: true, queued: 0, orphansDeleted: 0 });
    expect(embedder.calls).toEqual([]);
  });

  test("what cannot be mended yet is not called healthy", async () => {
    const { store, stored, vectors, embedder } = await filled(2);
    await vectors.inner.delete(stored.map(keyOf));
    embedder.before = () => {
      throw new Error("down");
    };
    expect(await store.repair()).toMatchObject({
      healthy: false,
      drained: { retried: 2, pending: 2 },
      after: { missing: 2 },
    });
  });
});
