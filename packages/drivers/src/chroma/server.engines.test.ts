import type { VectorIndex, VectorRecord } from "@palimpsest/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryChroma, testUrl } from "./fixtures/test-server.ts";

async function openIndex(dimension: number): Promise<VectorIndex> {
  const chroma = await temporaryChroma();
  onTestFinished(chroma.dispose);
  return chroma.engine.openVectors({ dimension, modelId: "m" });
}

function record(
  id: string,
  vector: readonly number[],
  parts: Partial<VectorRecord> = {},
): VectorRecord {
  const revision = { epoch: 0, counter: 1 };
  return { scope: "", id, revision, vector: Float32Array.from(vector), metadata: {}, ...parts };
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Unit vectors around 200 centres. */
function clustered(count: number, dimension: number): Float32Array[] {
  const random = seeded(42);
  const gauss = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: 200 }, () => unit(Array.from({ length: dimension }, gauss)));
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(unit((centres[i % 200] ?? []).map((value) => value + 0.04 * gauss()))),
  );
}

function unit(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function exactNearest(all: readonly Float32Array[], query: Float32Array, k: number): string[] {
  return all
    .map((vector, i) => ({
      id: `${i}`,
      near: vector.reduce((sum, x, at) => sum + x * (query[at] ?? 0), 0),
    }))
    .toSorted((a, b) => b.near - a.near)
    .slice(0, k)
    .map(({ id }) => id);
}

describe.skipIf(testUrl === undefined)("Chroma", () => {
  test("finds 98 of 100 nearest among 20,000, in a scope, under a filter and by keys", async () => {
    const index = await openIndex(128);
    const vectors = clustered(20_050, 128);
    const stored = vectors.slice(0, 20_000);
    await index.upsert(
      stored.map((vector, i) => record(`${i}`, [], { vector, metadata: { tenth: i % 10 } })),
    );
    await index.upsert(
      stored.slice(0, 500).map((vector, i) => record(`${i}`, [], { vector, scope: "other" })),
    );
    const filter = { op: "eq", path: ["tenth"], value: 3 } as const;
    const tenth = stored.map((vector, i) => (i % 10 === 3 ? vector : new Float32Array(128)));
    const found = { scope: 0, filter: 0, keys: 0 };
    const keys = stored.map((_, i) => ({ scope: "", id: `${i}` }));
    for (const [i, vector] of vectors.slice(20_000).entries()) {
      const nearest = new Set(exactNearest(stored, vector, 10));
      const within = new Set(exactNearest(tenth, vector, 10));
      const hits = await index.query({ vector, k: 10 });
      found.scope += hits.filter(({ id }) => nearest.has(id)).length;
      const filtered = await index.query({ vector, k: 10, filter });
      found.filter += filtered.filter(({ id }) => within.has(id)).length;
      if (i >= 5) continue;
      const byKeys = await index.query({ vector, k: 10, keys });
      found.keys += byKeys.filter(({ id }) => nearest.has(id)).length;
    }
    const recall = {
      scope: found.scope / 500,
      filter: found.filter / 500,
      keys: found.keys / 50,
    };
    console.info(`recall@10: ${JSON.stringify(recall)}`);
    for (const each of Object.values(recall)) expect(each).toBeGreaterThanOrEqual(0.98);
    expect(await index.query({ vector: stored[0]!, k: 20_000 })).toHaveLength(20_000);
    expect((await index.describe()).count).toBe(20_500);
    const page = await index.scan({ limit: 10_000 });
    expect(page.entries).toHaveLength(10_000);
    expect((await index.scan({ limit: 10_000, after: page.next! })).next).toBeUndefined();
    await index.delete(keys);
    expect((await index.describe()).count).toBe(500);
    expect(await index.query({ vector: stored[0]!, k: 10 })).toEqual([]);
  });

  test("of many writers of one entry the newest revision stays, whoever comes last", async () => {
    const index = await openIndex(2);
    const revisions = Array.from({ length: 30 }, (_, i) => ({ epoch: 0, counter: (i * 7) % 30 }));
    const writes = revisions.map((revision) => index.upsert([record("a", [1, 0], { revision })]));
    const outcomes = await Promise.allSettled(writes);
    // Who gave up is told so, and would come again.
    for (const [i, { status }] of outcomes.entries()) {
      const revision = revisions[i]!;
      if (status === "rejected") await index.upsert([record("a", [1, 0], { revision })]);
    }
    const [hit] = await index.query({ vector: Float32Array.of(1, 0), k: 9 });
    expect(hit?.revision.counter).toBe(29);
    expect((await index.describe()).count).toBe(1);
  });

  test("odd vectors, keys and metadata are stored and found", async () => {
    const index = await openIndex(2);
    const metadata = { $and: null, "": [], "chroma:document": 0.1, long: "x".repeat(100_000) };
    const id = "\uffff😀".repeat(73);
    await index.upsert([
      record(id, [3e38, 0], { metadata }),
      record("zero", [0, 0]),
      record("tiny", [0, 1e-40]),
    ]);
    const hits = await index.query({ vector: Float32Array.of(1, 0), k: 3 });
    expect(hits.map((hit) => [hit.id, hit.score])).toEqual([
      [id, 1],
      ["tiny", 0],
      ["zero", 0],
    ]);
    const filter = { op: "eq", path: ["long"], value: metadata.long } as const;
    expect(await index.query({ vector: Float32Array.of(1, 0), k: 3, filter })).toHaveLength(1);
  });

  test.each(["l2", "ip"] as const)(
    "scores of metric %s are in [0, 1], high is near",
    async (metric) => {
      const chroma = await temporaryChroma();
      onTestFinished(chroma.dispose);
      const index = await chroma.engine.openVectors({ dimension: 2, modelId: "m", metric });
      await index.upsert([
        record("same", [1, 0]),
        record("square", [0, 1]),
        record("away", [-1, 0]),
      ]);
      const hits = await index.query({ vector: Float32Array.of(1, 0), k: 3 });
      const expected = metric === "l2" ? [1, 1 / (1 + Math.SQRT2), 1 / 3] : [1, 0, 0];
      hits.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i]!, 5));
      expect(hits[0]?.id).toBe("same");
    },
  );

  test("an index that was dropped meanwhile says so", async () => {
    const chroma = await temporaryChroma();
    const index = await chroma.engine.openVectors({ dimension: 2, modelId: "m" });
    await chroma.engine.dropVectors({ dimension: 2, modelId: "m" });
    await expect(index.upsert([record("a", [1, 0])])).rejects.toMatchObject({
      code: "E_NOT_FOUND",
    });
  });
});
