import type { VectorIndex } from "@palimpsest/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSql, type TestStore, testStore, testUrl } from "./fixtures/test-server.ts";

const count = 4_000;
const dimension = 16;

/** Repeatable numbers in [-1, 1]. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
}

const random = noise(7);
const make = (): Float32Array => Float32Array.from({ length: dimension }, random);
const all = Array.from({ length: count }, make);
const queries = Array.from({ length: 40 }, make);
/** One in fifty is of a small tenant; one in a hundred is rare. */
const isMine = (i: number): boolean => i % 50 !== 0;

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += (a[i] as number) * (b[i] as number);
    aa += (a[i] as number) ** 2;
    bb += (b[i] as number) ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

function nearest(query: Float32Array, allowed: (i: number) => boolean): string[] {
  return all
    .map((vector, i) => ({ i, near: cosine(query, vector) }))
    .filter(({ i }) => allowed(i))
    .toSorted((a, b) => b.near - a.near)
    .slice(0, 10)
    .map(({ i }) => `d${i}`);
}

/** How often an HNSW index of the schema was read. */
async function graphScans(schema: string): Promise<number> {
  const [row] = await runSql(
    `SELECT sum(idx_scan) AS scans FROM pg_stat_user_indexes s JOIN pg_class c ON c.oid = s.indexrelid
      JOIN pg_am a ON a.oid = c.relam WHERE s.schemaname = $1 AND a.amname = 'hnsw'`,
    [schema],
  );
  return Number(row?.["scans"]);
}

/** So small a table would be sorted whole; this has the server prefer the index it would take for a large one. */
function preferringIndex(): string {
  const url = new URL(testUrl as string);
  url.searchParams.set("options", "-c enable_sort=off -c enable_seqscan=off -c jit=off");
  return url.href;
}

describe.skipIf(testUrl === undefined)("search through the HNSW index", () => {
  let store: TestStore;
  let vectors: VectorIndex;

  beforeAll(async () => {
    store = await testStore();
    vectors = await store.engine.openVectors({ dimension, modelId: "m" });
    const items = all.map((vector, i) => ({
      type: "put" as const,
      document: {
        scope: isMine(i) ? "mine" : "small",
        id: `d${i}`,
        text: "sea",
        metadata: { rare: i % 100 === 1, low: i < count / 2 },
        timestamp: i,
      },
      vector,
    }));
    await store.engine.documents.write(items);
    await runSql(`ANALYZE "${store.schema}".vectors_1`);
  });

  afterAll(async () => {
    await store.dispose();
  });

  async function recall(
    options: Partial<Parameters<VectorIndex["query"]>[0]>,
    allowed: (i: number) => boolean,
    index: VectorIndex = vectors,
  ): Promise<number> {
    let found = 0;
    for (const vector of queries) {
      const hits = await index.query({ scope: "mine", vector, k: 10, ...options } as never);
      const wanted = nearest(vector, allowed);
      expect(hits).toHaveLength(10);
      found += hits.filter(({ id }) => wanted.includes(id)).length;
    }
    return found / (queries.length * 10);
  }

  test("finds at least 98 of 100 of the nearest, and the index is used", async () => {
    const other = await store.open({ connectionString: preferringIndex() });
    const index = await other.openVectors({ dimension, modelId: "m" });
    expect(await recall({}, isMine, index)).toBeGreaterThanOrEqual(0.98);
    // A session's figures are out when it has ended.
    await other.close();
    await expect.poll(() => graphScans(store.schema), { timeout: 30_000 }).toBeGreaterThan(0);
  });

  test("a filter that many pass costs no recall, one that few pass is exact", async () => {
    const low = { op: "eq", path: ["low"], value: true } as const;
    const rare = { op: "eq", path: ["rare"], value: true } as const;
    const many = await recall({ filter: low }, (i) => isMine(i) && i < count / 2);
    expect(many).toBeGreaterThanOrEqual(0.98);
    expect(await recall({ filter: rare }, (i) => isMine(i) && i % 100 === 1)).toBe(1);
  });

  test("a small tenant among many vectors is searched exactly", async () => {
    expect(await recall({ scope: "small" }, (i) => !isMine(i))).toBe(1);
  });
});
