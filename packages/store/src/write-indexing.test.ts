import { PalimpsestError } from "@palimpsest/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts, type MemoryParts } from "./fixtures/memory-parts.ts";
import { failing } from "./fixtures/word-embedder.ts";

/** For loaded machines; nothing here asserts a time. */
const patient = { timeout: 30_000 };

describe("strict", () => {
  test("a write returns when both indexes have it and nothing waits", async () => {
    const { open } = await memoryParts();
    const store = await open();
    await store.upsertMany([{ text: "a" }, { text: "b" }]);
    expect(await store.stats()).toMatchObject({ vectors: 2, outbox: { pending: 0 } });
  });

  test.each(["embedder", "vector index"])(
    "when the %s fails it throws, document and outbox entry stay, and the next drain heals",
    async (what) => {
      const { open, embedder, vectors, clock } = await memoryParts();
      const store = await open();
      if (what === "embedder") embedder.before = failing(1);
      else vectors.beforeUpsert = failing(1);
      await expect(store.insert({ id: "a", text: "apple" })).rejects.toMatchObject({
        code: "E_INDEX_FAILED",
        documentStayed: true,
        cause: expect.any(Error),
      });
      expect(await store.get({ id: "a" })).toMatchObject({ text: "apple" });
      expect(await store.stats()).toMatchObject({ vectors: 0, outbox: { pending: 1 } });
      expect(await store.checkConsistency()).toMatchObject({ healthy: false, missing: 1 });
      clock.advance(1000);
      expect(await store.flush()).toMatchObject({ indexed: 1, pending: 0 });
      expect(await store.checkConsistency()).toMatchObject({ healthy: true });
    },
  );

  test("a failed delete keeps the document deleted and its entry unreachable", async () => {
    const { open, vectors, clock } = await memoryParts();
    const store = await open();
    await store.insert({ id: "a", text: "apple" });
    vectors.beforeDelete = failing(1);
    await expect(store.delete({ id: "a" })).rejects.toMatchObject({ documentStayed: true });
    expect(await store.get({ id: "a" })).toBeUndefined();
    expect(await store.search("apple")).toEqual([]);
    clock.advance(1000);
    expect(await store.flush()).toMatchObject({ removed: 1, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 0 });
  });

  test("a process that dies between write and index leaves its entry to whoever comes after its lease", async () => {
    const { open, embedder, clock } = await memoryParts();
    const dying = await open();
    embedder.before = () => gate().opened;
    void dying.insert({ id: "a", text: "apple" });
    await expect.poll(() => embedder.calls.length, patient).toBe(1);
    embedder.before = () => undefined;
    const store = await open();
    expect(await store.get({ id: "a" })).toMatchObject({ text: "apple" });
    expect(await store.flush()).toMatchObject({ indexed: 0, pending: 1 });
    clock.advance(60_001);
    expect(await store.flush()).toMatchObject({ indexed: 1, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
  });

  test("the failed write counts as the entry's first attempt and waits before the next", async () => {
    const { open, embedder } = await memoryParts();
    const store = await open();
    embedder.before = failing(1);
    await expect(store.insert({ text: "apple" })).rejects.toThrow(/stored/);
    expect(await store.flush()).toMatchObject({ indexed: 0, pending: 1 });
  });

  test("a write to what another worker holds is indexed all the same, and that worker's entry is left to it", async () => {
    const { open, documents } = await memoryParts();
    const eventual = await open({ consistency: "eventual" });
    await eventual.insert({ id: "a", text: "apple" });
    const held = await documents.outbox.claim({ owner: "other", limit: 1, leaseMs: 60_000 });
    expect(held).toHaveLength(1);
    const strict = await open();
    await strict.upsert({ id: "a", text: "pear" });
    expect(await strict.search("pear", { mode: "lexical" })).toHaveLength(1);
    expect(await strict.stats()).toMatchObject({ outbox: { pending: 1 } });
    await documents.outbox.settle("other", held);
    expect(await strict.flush()).toMatchObject({ pending: 0 });
    expect(await strict.checkConsistency()).toMatchObject({ healthy: true });
  });
});

/** A strict write whose document is deleted, and the deletion settled, right before it claims its entry. */
async function overtaken(): Promise<MemoryParts & { readonly write: () => Promise<unknown> }> {
  const parts = await memoryParts();
  const [strict, other] = [await parts.open(), await parts.open({ consistency: "eventual" })];
  const { outbox } = parts.documents;
  const claim = outbox.claim.bind(outbox);
  const write = (): Promise<unknown> => {
    outbox.claim = async (options) => {
      outbox.claim = claim;
      await other.delete({ id: "a" });
      await other.flush();
      return claim(options);
    };
    return strict.insert({ id: "a", text: "apple" });
  };
  return { ...parts, write };
}

describe("a strict write whose entry another worker has settled, with a deletion behind it", () => {
  test("does not index its old state", async () => {
    const { write, vectors, open } = await overtaken();
    const upserts: unknown[] = [];
    vectors.beforeUpsert = (records) => void upserts.push(records);
    await write();
    expect(upserts).toEqual([]);
    expect(await (await open()).stats()).toMatchObject({ vectors: 0, outbox: { pending: 0 } });
  });

  test("indexes nothing when it cannot queue the key again", async () => {
    const { write, documents, open } = await overtaken();
    const enqueue = documents.outbox.enqueue.bind(documents.outbox);
    documents.outbox.enqueue = async () => failing(1, "outbox down")();
    await expect(write()).rejects.toMatchObject({ code: "E_INDEX_FAILED", documentStayed: true });
    documents.outbox.enqueue = enqueue;
    expect(await (await open()).checkConsistency()).toMatchObject({ healthy: true, orphans: 0 });
  });

  test("leaves an entry behind when it is overtaken again and cannot queue what moved", async () => {
    const { write, documents, vectors, open, clock } = await overtaken();
    const other = await open({ consistency: "eventual" });
    const enqueue = documents.outbox.enqueue.bind(documents.outbox);
    documents.outbox.enqueue = async (keys) => {
      documents.outbox.enqueue = enqueue;
      await other.upsert({ id: "a", text: "pear" });
      return enqueue(keys);
    };
    vectors.beforeUpsert = async () => {
      vectors.beforeUpsert = () => undefined;
      await other.delete({ id: "a" });
      await other.flush();
      documents.outbox.enqueue = async () => failing(1, "outbox down")();
    };
    await expect(write()).rejects.toMatchObject({ code: "E_INDEX_FAILED", documentStayed: true });
    documents.outbox.enqueue = enqueue;
    clock.advance(1000);
    expect(await other.flush()).toMatchObject({ removed: 1, pending: 0 });
    expect(await other.checkConsistency()).toMatchObject({ healthy: true, vectors: 0 });
  });
});

describe("eventual", () => {
  test("a write returns before the indexes have it; flush brings them up", async () => {
    const { open, embedder } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.upsertMany([{ text: "apple" }, { text: "pear" }]);
    expect(embedder.calls).toEqual([]);
    expect(await store.stats()).toMatchObject({ documents: 2, vectors: 0, outbox: { pending: 2 } });
    expect(await store.flush()).toMatchObject({ indexed: 2, pending: 0 });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 2 });
  });

  test("the caller's vector reaches the index without an embedding call", async () => {
    const { open, embedder } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    const vector = embedder.vectorOf("elsewhere");
    await store.insert({ id: "a", text: "apple", vector });
    await store.flush();
    expect(embedder.calls).toEqual([]);
    expect(await store.search("", { vector, mode: "vector" })).toMatchObject([
      { score: expect.closeTo(1) },
    ]);
  });

  test("a caller's vector never outlives its text", async () => {
    const { open, embedder } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.insert({ id: "a", text: "apple", vector: embedder.vectorOf("elsewhere") });
    await store.update({ id: "a" }, { text: "pear" });
    await store.flush();
    const vector = embedder.vectorOf("pear");
    expect(await store.search("", { vector, mode: "vector" })).toMatchObject([
      { score: expect.closeTo(1) },
    ]);
  });
});

describe("the background worker", () => {
  test("indexes what eventual writes leave, and what a dead process left", async () => {
    const { open, documents } = await memoryParts();
    const dead = await open({ consistency: "eventual" });
    await dead.insert({ text: "left behind" });
    const store = await open({ consistency: "eventual", worker: {} });
    await settled(documents);
    await store.insert({ text: "written now" });
    await settled(documents);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 2 });
    await store.close();
  });

  test("says when it fails and goes on", async () => {
    const { open, documents, warnings } = await memoryParts();
    const claim = documents.outbox.claim.bind(documents.outbox);
    const fail = failing(1, "engine hiccup");
    documents.outbox.claim = async (options) => {
      fail();
      return claim(options);
    };
    const store = await open({ consistency: "eventual", worker: {} });
    await store.insert({ text: "a" });
    await settled(documents);
    expect(warnings).toEqual([expect.stringContaining("engine hiccup")]);
    await store.close();
  });

  test("gives up on a read-only store, and says so once", async () => {
    const { open, documents, warnings } = await memoryParts();
    await (await open({ consistency: "eventual" })).insert({ text: "a" });
    let claims = 0;
    documents.outbox.claim = async () => {
      claims++;
      throw new PalimpsestError("E_READ_ONLY", "the file is read-only");
    };
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const store = await open({ worker: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(warnings).toEqual([expect.stringContaining("read-only")]);
    expect(claims).toBe(1);
    await store.close();
  });

  test("takes up together what was written during a drain", async () => {
    const { open, documents, vectors } = await memoryParts();
    const claim = documents.outbox.claim.bind(documents.outbox);
    let claims = 0;
    documents.outbox.claim = (options) => {
      claims++;
      return claim(options);
    };
    const [reached, released] = [gate(), gate()];
    vectors.beforeUpsert = () => {
      reached.open();
      return released.opened;
    };
    const store = await open({ consistency: "eventual", worker: {} });
    await store.insert({ text: "first" });
    await reached.opened;
    for (let i = 0; i < 30; i++) {
      await store.insert({ text: `number ${i}` });
      await new Promise((resolve) => setTimeout(resolve));
    }
    released.open();
    await settled(documents);
    await store.close();
    expect(claims).toBeLessThan(6);
  });

  test("stops on close; the rest stays in the outbox", async () => {
    const { open, documents } = await memoryParts();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const store = await open({ consistency: "eventual", worker: {} });
    await store.insert({ text: "a" });
    await store.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await documents.outbox.stats()).toMatchObject({ pending: 1 });
  });
});

async function settled(documents: {
  outbox: { stats(): Promise<{ pending: number }> };
}): Promise<void> {
  await expect.poll(async () => (await documents.outbox.stats()).pending, patient).toBe(0);
}
