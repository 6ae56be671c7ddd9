import { isPalimpsestError, type PalimpsestErrorCode, type VectorIndex } from "@palimpsest/core";
import { expect, test } from "vitest";
import { temporaryStore } from "./fixtures/temporary-store.ts";
import type { SqliteEngine } from "./sqlite-engine.ts";

const dimension = 96;
const query = new Float32Array(dimension).fill(1);

async function fill(engine: SqliteEngine, count: number): Promise<VectorIndex> {
  const index = await engine.openVectors({ dimension, modelId: "m" });
  await index.upsert(
    Array.from({ length: count }, (_, i) => ({
      scope: "",
      id: `id-${i}`,
      revision: { epoch: 0, counter: 1 },
      vector: Float32Array.from({ length: dimension }, (_x, j) => Math.cos(i * j)),
      metadata: { i },
    })),
  );
  return index;
}

function withCode(code: PalimpsestErrorCode): (error: unknown) => boolean {
  return (error) => isPalimpsestError(error, code);
}

test("a large scan leaves the event loop its turns", async () => {
  const store = await temporaryStore({ durability: "process" });
  const index = await fill(store.engine, 6000);
  let turns = 0;
  const count = (): void => void (turns++, (immediate = setImmediate(count)));
  let immediate = setImmediate(count);
  const hits = await index.query({ vector: query, k: 5 });
  clearImmediate(immediate);
  expect(hits).toHaveLength(5);
  expect(turns).toBeGreaterThan(20);
  await store.dispose();
});

test("queries in the worker that is told to end are answered first", async () => {
  const store = await temporaryStore({ inlineLimit: 0, durability: "process" });
  const index = await fill(store.engine, 100);
  const answers = [1, 2, 3].map((k) => index.query({ vector: query, k }));
  await store.engine.close();
  expect((await Promise.all(answers)).map((hits) => hits.length)).toEqual([1, 2, 3]);
  await expect(index.query({ vector: query, k: 1 })).rejects.toSatisfy(withCode("E_CLOSED"));
  await store.dispose();
});

test("an aborted query ends at once and disturbs no other", async () => {
  const store = await temporaryStore({ inlineLimit: 0, durability: "process" });
  const index = await fill(store.engine, 2000);
  const controller = new AbortController();
  const aborted = index.query({ vector: query, k: 3, signal: controller.signal });
  const other = index.query({ vector: query, k: 3 });
  controller.abort();
  await expect(aborted).rejects.toSatisfy(withCode("E_ABORTED"));
  expect(await other).toHaveLength(3);
  await store.dispose();
});

test("a worker that dies fails its queries clearly, and the next ones get a new worker", async () => {
  const workerFile = new URL("./fixtures/mortal-worker.ts", import.meta.url);
  const store = await temporaryStore({ inlineLimit: 0, workerFile });
  const index = await fill(store.engine, 10);
  await expect(index.query({ vector: query, k: 1 })).rejects.toSatisfy(withCode("E_UNAVAILABLE"));
  await expect(index.query({ vector: query, k: 2 })).rejects.toSatisfy(withCode("E_UNAVAILABLE"));
  await store.dispose();
});

test("without a worker file the calling thread scans, with one warning", async () => {
  const warnings: string[] = [];
  const workerFile = new URL("./fixtures/absent.ts", import.meta.url);
  const store = await temporaryStore({
    inlineLimit: 0,
    workerFile,
    onWarning: (message) => warnings.push(message),
  });
  const index = await fill(store.engine, 10);
  const both = [index.query({ vector: query, k: 1 }), index.query({ vector: query, k: 1 })];
  const [first, second] = await Promise.all(both);
  expect(first).toEqual(second);
  expect(await index.query({ vector: query, k: 1 })).toEqual(first);
  expect(warnings).toEqual([expect.stringContaining("the scan worker cannot start")]);
  await store.dispose();
});
