import { FaultInjector, VirtualTime } from "@palimpsest/core/faults";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore, type SemanticStoreOptions } from "@palimpsest/store";
import { beforeEach, describe, expect, test } from "vitest";

const minute = 60_000;
const embedder = new HashEmbedder({ dimension: 64 });
let time: VirtualTime;
let faults: FaultInjector;
let calls: Set<string>;
let engines: Pick<SemanticStoreOptions, "documents" | "vectors" | "lexical">;

beforeEach(async () => {
  time = new VirtualTime();
  calls = new Set();
  const { documents, lexical, openVectors } = openMemoryEngine({ clock: time });
  const onCall = ({ target }: { target: string }): void => void calls.add(target);
  faults = new FaultInjector({ seed: 1, rate: 0, time, onCall });
  engines = {
    documents: faults.documents(documents),
    vectors: faults.vectors(await openVectors(embedder)),
    lexical: faults.lexical(lexical),
  };
});

function onWarning(): void {}

function open(options: Partial<SemanticStoreOptions>): Promise<SemanticStore> {
  return SemanticStore.open({ ...engines, embedder, clock: time, onWarning, ...options });
}

function write(store: SemanticStore, n: number): ReturnType<SemanticStore["insert"]> {
  return store.insert({ id: `n${n}`, text: `note number ${n}` });
}

describe("the vector engine is down for a minute", () => {
  test("eventual writes go on without asking it, and the backlog drains by itself afterwards", async () => {
    await using store = await open({ consistency: "eventual", worker: { retryMs: 1 } });
    faults.outage("vectors", minute);
    for (let n = 0; n < 60; n++) {
      calls.clear();
      const inserted = await write(store, n);
      // Nobody waits for what is down: an insert ends before the worker has begun.
      expect(calls).not.toContain("vectors");
      expect(await store.get({ id: `n${n}` })).toEqual(inserted);
      await time.advance(minute / 60 - 1);
    }
    expect(await store.stats()).toMatchObject({
      documents: 60,
      vectors: undefined,
      outbox: { pending: 60 },
      problems: [{ role: "vectors", problem: { code: "E_UNAVAILABLE" } }],
    });
    expect((await store.search("note number 7", { mode: "lexical" })).length).toBe(0);
    await time.advance(2 * minute);
    await expect
      .poll(() => store.stats(), { timeout: 30_000 })
      .toMatchObject({
        documents: 60,
        vectors: 60,
        outbox: { pending: 0, quarantined: 0 },
      });
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, problems: [] });
    expect((await store.search("note number 7", { k: 1 }))[0]?.id).toBe("n7");
  });

  test("a backlog at its bound refuses the next write before anything is written", async () => {
    await using store = await open({ consistency: "eventual", worker: false, maxBacklog: 10 });
    faults.outage("vectors", minute);
    for (let n = 0; n < 10; n++) await write(store, n);
    const refused = write(store, 10);
    await expect(refused).rejects.toMatchObject({ code: "E_FULL", documentStayed: false });
    await expect(refused).rejects.toThrow(/10 documents wait for the vector index memory/);
    expect(await store.get({ id: "n10" })).toBeUndefined();
    await time.advance(minute);
    expect(await store.flush()).toMatchObject({ indexed: 10, pending: 0 });
    expect(await write(store, 10)).toMatchObject({ id: "n10" });
  });

  test("a strict write fails and says that its document stayed", async () => {
    await using store = await open({ consistency: "strict", worker: { retryMs: 1 } });
    faults.outage("vectors", minute);
    const refused = write(store, 1);
    await expect(refused).rejects.toMatchObject({ code: "E_INDEX_FAILED", documentStayed: true });
    await expect(refused).rejects.toThrow(/the document is stored but could not be indexed/);
    expect(await store.get({ id: "n1" })).toMatchObject({ text: "note number 1" });
    await time.advance(2 * minute);
    await expect
      .poll(() => store.stats(), { timeout: 30_000 })
      .toMatchObject({
        vectors: 1,
        outbox: { pending: 0 },
      });
  });
});

describe("the outbox is down when a strict write has been stored", () => {
  test("the write says that its document stayed, and the next drain indexes it", async () => {
    const store = await open({ consistency: "strict", worker: false });
    faults.outage("outbox", minute);
    await expect(write(store, 1)).rejects.toMatchObject({
      code: "E_INDEX_FAILED",
      documentStayed: true,
    });
    expect(await store.get({ id: "n1" })).toMatchObject({ text: "note number 1" });
    await time.advance(minute);
    const { pending } = await store.flush();
    expect(pending).toBe(0);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 1 });
  });
});
