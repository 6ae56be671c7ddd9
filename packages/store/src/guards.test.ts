import { describe, expect, test } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";

/** Each test fails when the guard it is named after is taken out. */
describe("guards", () => {
  test("re-read after the index write: a delayed removal does not erase a newer entry", async () => {
    const { open, vectors } = await memoryParts();
    const slow = await open({ consistency: "eventual" });
    const quick = await open();
    await quick.insert({ id: "a", text: "apple" });
    await slow.delete({ id: "a" });
    vectors.beforeDelete = async () => {
      vectors.beforeDelete = () => undefined;
      await quick.insert({ id: "a", text: "apple again" });
    };
    expect(await slow.flush()).toMatchObject({ requeued: 1, pending: 0 });
    expect(await slow.search("apple")).toHaveLength(1);
    expect(await slow.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
  });

  test("re-read after the index write: a delayed entry does not bring a deleted document back", async () => {
    const { open, vectors, clock } = await memoryParts();
    const slow = await open({ consistency: "eventual" });
    const quick = await open();
    await slow.insert({ id: "a", text: "apple" });
    vectors.beforeUpsert = async () => {
      vectors.beforeUpsert = () => undefined;
      clock.advance(60_001);
      await quick.delete({ id: "a" });
    };
    await slow.flush();
    expect(await slow.checkConsistency()).toMatchObject({ healthy: true, vectors: 0, pending: 0 });
  });

  test("re-read after the index write: nor when even the tombstone is gone", async () => {
    const { open, vectors, documents, clock } = await memoryParts();
    const slow = await open({ consistency: "eventual" });
    const quick = await open();
    await slow.insert({ id: "a", text: "apple" });
    vectors.beforeUpsert = async () => {
      vectors.beforeUpsert = () => undefined;
      clock.advance(60_000);
      await quick.delete({ id: "a" });
      await quick.flush();
      await documents.compact({ olderThan: clock.now() + 1 });
    };
    await slow.flush();
    expect(await documents.count()).toBe(0);
    expect(await slow.checkConsistency()).toMatchObject({ healthy: true, vectors: 0 });
  });

  test("settle only by owner: a worker whose lease ran out leaves the entry to its new holder", async () => {
    const { open, embedder, documents, clock } = await memoryParts();
    const late = await open({ consistency: "eventual", worker: false });
    const next = await open({ consistency: "eventual", worker: false });
    await late.insert({ id: "a", text: "apple" });
    const [lateGate, nextGate] = [gate(), gate()];
    embedder.before = () => lateGate.opened;
    const first = late.flush();
    await expect.poll(() => embedder.calls.length, { timeout: 30_000 }).toBe(1);
    clock.advance(60_001);
    embedder.before = () => nextGate.opened;
    const second = next.flush();
    await expect.poll(() => embedder.calls.length, { timeout: 30_000 }).toBe(2);
    lateGate.open();
    await first;
    expect(await documents.outbox.stats()).toMatchObject({ pending: 1 });
    nextGate.open();
    await second;
    expect(await next.checkConsistency()).toMatchObject({ healthy: true, pending: 0 });
  });

  test("settle no further than indexed: a write that came before the claim keeps its own entry", async () => {
    const { open, documents } = await memoryParts();
    const store = await open();
    const other = await open({ consistency: "eventual" });
    const claim = documents.outbox.claim.bind(documents.outbox);
    documents.outbox.claim = async (options) => {
      documents.outbox.claim = claim;
      await other.upsert({ id: "a", text: "newer" });
      return claim(options);
    };
    await store.upsert({ id: "a", text: "older" });
    expect((await store.flush()).pending).toBe(0);
    expect(await store.search("newer", { mode: "lexical" })).toHaveLength(1);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
  });

  test("fresh hits only: a text is never found by words it no longer has", async () => {
    const { open } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.upsert({ id: "a", text: "apple" });
    await store.flush();
    await store.upsert({ id: "a", text: "pear" });
    expect(await store.search("apple")).toEqual([]);
  });
});
