import type { SearchHit, SearchMode } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore, type SemanticStoreOptions } from "@palimpsest/store";
import { afterEach, describe, expect, test } from "vitest";
import { dimension, enginePairs, type OpenPair, type Place } from "./fixtures/engine-pairs.ts";
import { notes } from "./fixtures/notes.ts";

const modes: readonly SearchMode[] = ["lexical", "vector", "hybrid"];
const teaOnly = { op: "eq", path: ["topic"], value: "tea" } as const;

describe.each(enginePairs)("SemanticStore on $name", ({ isReachable, place }) => {
  const opened: OpenPair[] = [];
  let current: Place | undefined;

  async function open(options?: Partial<SemanticStoreOptions>): Promise<OpenPair> {
    current ??= await place();
    const pair = await current.open(options);
    opened.push(pair);
    return pair;
  }

  async function closeAll(): Promise<void> {
    for (const pair of opened.splice(0)) await pair.close();
  }

  afterEach(async () => {
    await closeAll();
    await current?.drop();
    current = undefined;
  });

  test.skipIf(!isReachable)(
    "what was written is found in every mode, also after a restart",
    async () => {
      const { store } = await open();
      const inserted = await store.insert({
        id: "café",
        text: "Ana drinks oolong in 東京 👩‍🚀",
        metadata: { deep: { list: [1, null, "x"] }, n: -0 },
      });
      await store.insertMany(notes());
      await store.update({ id: "note-3" }, { text: "the cello lesson moved to Sunday" });
      const before = await answers(store);
      await closeAll();

      const { store: again } = await open();
      expect(await again.get({ id: "café" })).toEqual(inserted);
      expect(await answers(again)).toEqual(before);
      for (const mode of modes) {
        const hits = await again.search("oolong tea for Ana", { mode, k: 3 });
        expect(hits.map(({ id }) => id)).toContain("café");
      }
      expect(await again.checkConsistency()).toMatchObject({
        healthy: true,
        documents: notes().length + 1,
        vectors: notes().length + 1,
        pending: 0,
      });
    },
  );

  test.skipIf(!isReachable)("answers like the reference in memory, filtered or not", async () => {
    const { store } = await open();
    const reference = await memoryStore();
    await store.insertMany(notes());
    await reference.insertMany(notes());
    for (const mode of modes) {
      for (const filter of [undefined, teaOnly]) {
        for (const query of ["green tea in the morning", "violin lesson", "Zurich", "東京の駅"]) {
          const options = { mode, k: 10, ...(filter && { filter }) };
          const [expected, found] = await Promise.all([
            reference.search(query, options),
            store.search(query, options),
          ]);
          expect(ranking(found), `${mode} ${query}`).toEqual(ranking(expected));
        }
      }
    }
    await reference.close();
  });

  test.skipIf(!isReachable)("strict: indexed when the write returns; deleted is gone", async () => {
    const { store, vectors } = await open({ consistency: "strict" });
    await store.insertMany(notes());
    expect(await vectors.describe()).toMatchObject({ count: notes().length });
    await store.delete({ id: "note-0" });
    expect(await store.deleteWhere({ filter: teaOnly })).toBeGreaterThan(5);
    await store.upsert({ id: "note-2", text: "" });
    for (const mode of modes) {
      const hits = await store.search("green tea coffee", { mode, k: 50 });
      expect(hits.filter(({ metadata }) => metadata["topic"] === "tea")).toEqual([]);
      expect(hits.map(({ id }) => id)).not.toContain("note-2");
    }
    await store.insert({ id: "note-0", text: "jasmine" });
    expect(await store.search("jasmine", { k: 1 })).toMatchObject([{ id: "note-0" }]);
    expect(await store.checkConsistency()).toMatchObject({ healthy: true, pending: 0 });
  });

  test.skipIf(!isReachable)(
    "eventual: acknowledged writes survive a restart before they are indexed",
    async () => {
      const { store } = await open({ consistency: "eventual" });
      await store.insertMany(notes());
      await store.delete({ id: "note-5" });
      await store.update({ id: "note-6" }, { text: "a rare zeppelin over the lake" });
      await closeAll();

      const { store: again } = await open({ consistency: "eventual" });
      expect(await again.count()).toBe(notes().length - 1);
      await again.flush();
      expect(await again.checkConsistency()).toMatchObject({
        healthy: true,
        documents: notes().length - 1,
        vectors: notes().length - 1,
        pending: 0,
      });
      for (const mode of modes) {
        const [hit] = await again.search("zeppelin over the lake", { mode, k: 1 });
        expect(hit?.id).toBe("note-6");
      }
    },
  );

  test.skipIf(!isReachable)("eventual: the worker drains the outbox by itself", async () => {
    const { store, vectors } = await open({ consistency: "eventual", worker: {} });
    await store.insertMany(notes());
    await expect.poll(() => store.queueStats(), { timeout: 60_000 }).toMatchObject({ pending: 0 });
    expect(await vectors.describe()).toMatchObject({ count: notes().length });
  });

  test.skipIf(!isReachable)("repair makes good what was lost or left behind", async () => {
    const { store, vectors, lexical } = await open();
    await store.insertMany(notes());
    const keys = notes().map(({ id }) => ({ scope: "", id }));
    const [kept] = await store.getMany(keys.slice(-1));
    await vectors.delete(keys.slice(0, 20));
    await lexical.delete(keys.slice(10, 30));
    const vector = new Float32Array(dimension).fill(1);
    const ghost = { scope: "", id: "ghost", revision: kept!.revision, vector, metadata: {} };
    await vectors.upsert([ghost]);
    const broken = await store.checkConsistency();
    expect(broken).toMatchObject({ healthy: false, missing: 30, orphans: 1 });
    const report = await store.repair({ dryRun: true });
    expect(report).toMatchObject({ healthy: false });
    expect(await store.repair()).toMatchObject({ healthy: true });
    expect(await store.checkConsistency()).toMatchObject({ missing: 0, orphans: 0, stale: 0 });
  });

  test.skipIf(!isReachable)("two tenants with the same ids never meet", async () => {
    const { store } = await open();
    for (const scope of ["ana", "ben"]) {
      await store.insertMany(
        notes().map(({ id, text }) => ({ id, text, scope, metadata: { scope } })),
      );
    }
    await store.update({ scope: "ben", id: "note-0" }, { text: "a secret violin" });
    await store.delete({ scope: "ben", id: "note-3" });
    const foreign = { op: "eq", path: ["scope"], value: "ben" } as const;
    for (const mode of modes) {
      const [hits, filtered, both] = await Promise.all([
        store.search("secret violin lesson", { mode, scope: "ana", k: 200 }),
        store.search("secret violin lesson", { mode, scope: "ana", k: 200, filter: foreign }),
        store.search("secret violin lesson", { mode, allScopes: true, k: 200 }),
      ]);
      expect(new Set(hits.map(({ scope }) => scope))).toEqual(new Set(["ana"]));
      expect(hits.map(({ text }) => text)).not.toContain("a secret violin");
      expect(filtered).toEqual([]);
      expect(new Set(both.map(({ scope }) => scope))).toEqual(new Set(["ana", "ben"]));
    }
    expect(await store.count({ scope: "ana" })).toBe(notes().length);
    expect(await store.get({ scope: "ana", id: "note-3" })).toBeDefined();
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
  });
});

async function memoryStore(): Promise<SemanticStore> {
  const { documents, lexical, openVectors } = openMemoryEngine();
  const embedder = new HashEmbedder({ dimension });
  const vectors = await openVectors(embedder);
  return SemanticStore.open({ documents, lexical, vectors, embedder, worker: false });
}

async function answers(store: SemanticStore): Promise<unknown> {
  const found = await Promise.all(
    modes.map((mode) => store.search("green tea, black coffee", { mode, k: 5 })),
  );
  return found.map((hits) => hits.map(({ id, score }) => [id, score.toFixed(4)]));
}

interface Ranking {
  readonly scores: readonly number[];
  /** Of hits that are clearly above the last. */
  readonly ids: readonly string[];
}

/** Engines add up in another order, so hits of all but equal scores may change places. */
function ranking(hits: readonly SearchHit[]): Ranking {
  const scores = hits.map(({ score }) => Math.round(score * 1000) / 1000);
  const last = scores.at(-1) ?? 0;
  const sure = hits.filter((_, i) => scores[i]! > last + 0.001);
  return { scores, ids: sure.map(({ id, score }) => `${score.toFixed(2)} ${id}`).toSorted() };
}
