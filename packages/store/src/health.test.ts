import { PalimpsestError } from "@palimpsest/core";
import { expect, test } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { failing } from "./fixtures/word-embedder.ts";
import { SemanticStore } from "./semantic-store.ts";

test("every part that answers is healthy", async () => {
  const store = await (await memoryParts()).open();
  const health = await store.health();
  expect(health.healthy).toBe(true);
  expect(health.parts.map(({ role, name }) => [role, name])).toEqual([
    ["documents", "memory"],
    ["vectors", "memory"],
    ["lexical", "memory"],
    ["embedder", "words"],
  ]);
});

test("a part that is down is named with a typed problem, the others still answer", async () => {
  const { open, embedder, vectors } = await memoryParts();
  const store = await open();
  embedder.before = failing(1, "connection refused");
  vectors.describe = async () => {
    throw new PalimpsestError("E_LOCKED", "held by another process");
  };
  const { healthy, parts } = await store.health();
  expect(healthy).toBe(false);
  expect(parts.filter(({ reachable }) => !reachable)).toMatchObject([
    { role: "vectors", problem: { code: "E_LOCKED" } },
    { role: "embedder", problem: { code: "E_EMBEDDING_FAILED" } },
  ]);
});

test("the embedder can be left alone", async () => {
  const { open, embedder } = await memoryParts();
  const store = await open();
  expect((await store.health({ embedder: false })).parts).toHaveLength(3);
  expect(embedder.calls).toEqual([]);
});

test("stats says which part is down, what waits and why, and what the documents hold", async () => {
  const { open, vectors, warnings } = await memoryParts();
  const store = await open({ consistency: "eventual", maxBacklog: 7 });
  await store.upsertMany([{ text: "a" }, { text: "b" }]);
  vectors.describe = async () => {
    throw new PalimpsestError("E_UNAVAILABLE", "connection refused");
  };
  vectors.beforeUpsert = failing(1, "connection refused");
  await store.flush();
  expect(await store.stats()).toMatchObject({
    documents: 2,
    vectors: undefined,
    outbox: { pending: 2 },
    queue: { maxBacklog: 7, retried: 2, lastFailure: { message: "connection refused" } },
    problems: [
      {
        role: "vectors",
        name: "memory",
        reachable: false,
        problem: { code: "E_UNAVAILABLE", message: "connection refused" },
      },
    ],
  });
  expect(warnings).toHaveLength(1);
});

test("a store that was made while its vectors are down tells the same, and checks them later", async () => {
  const { documents, lexical, vectors, embedder } = await memoryParts();
  const store = new SemanticStore({ documents, lexical, vectors, embedder, worker: false });
  const describe = vectors.describe.bind(vectors);
  vectors.describe = async () => {
    throw new PalimpsestError("E_UNAVAILABLE", "connection refused");
  };
  expect(await store.stats()).toMatchObject({ documents: 0, vectors: undefined });
  expect(await store.queueStats()).toMatchObject({ pending: 0 });
  vectors.describe = describe;
  expect(await store.stats()).toMatchObject({ vectors: 0, problems: [] });
  vectors.described = { modelId: "other" };
  const wrong = new SemanticStore({ documents, lexical, vectors, embedder, worker: false });
  await expect(wrong.stats()).rejects.toMatchObject({ code: "E_MODEL_MISMATCH" });
});

test("stats waits for an index that hangs no longer than its deadline; a caller that stops is told so", async () => {
  const { open, vectors } = await memoryParts();
  const store = await open({ indexTimeoutMs: 1 });
  vectors.describe = () => gate().opened.then(() => Promise.reject(new Error("never")));
  expect(await store.stats()).toMatchObject({
    vectors: undefined,
    problems: [{ problem: { message: "vector index memory did not answer within 1 ms" } }],
  });
  vectors.describe = async (options) => {
    options?.signal?.throwIfAborted();
    throw new Error("not stopped");
  };
  const stop = new AbortController();
  stop.abort();
  await expect(store.stats({ signal: stop.signal })).rejects.toMatchObject({ code: "E_ABORTED" });
});

test("stats and queueStats have nothing to tell without the documents", async () => {
  const { open, documents } = await memoryParts();
  const store = await open();
  documents.outbox.stats = async () => {
    throw new PalimpsestError("E_UNAVAILABLE", "no server");
  };
  await expect(store.stats()).rejects.toMatchObject({ message: "no server" });
  await expect(store.queueStats()).rejects.toMatchObject({ message: "no server" });
});

test("stats counts documents, vectors and what waits", async () => {
  const { open } = await memoryParts();
  const store = await open({ consistency: "eventual" });
  await store.upsertMany([{ text: "a" }, { text: "b", scope: "s" }, { text: "" }]);
  expect(await store.stats()).toMatchObject({
    documents: 3,
    vectors: 0,
    outbox: { pending: 2, quarantined: 0 },
  });
  await store.flush();
  expect(await store.stats()).toMatchObject({ documents: 3, vectors: 2, outbox: { pending: 0 } });
});
