import { expect, test } from "vitest";
import { openMemoryEngine } from "./index.ts";

test("one engine holds documents, vectors and terms", async () => {
  await using engine = openMemoryEngine();
  const vectors = await engine.openVectors({ dimension: 2, modelId: "m" });
  const key = { scope: "t", id: "a" };
  const [result] = await engine.documents.write([
    { type: "put", document: { ...key, text: "blue sea", metadata: { n: 1 }, timestamp: 1 } },
  ]);
  if (result?.status !== "written") throw new Error("not written");
  const { revision, metadata, text } = result.stored;
  await vectors.upsert([{ ...key, revision, metadata, vector: new Float32Array([1, 0]) }]);
  await engine.lexical.upsert([{ ...key, revision, metadata, text }]);

  expect(await engine.documents.get([key])).toEqual([result.stored]);
  expect(await vectors.query({ scope: "t", vector: new Float32Array([2, 0]), k: 5 })).toEqual([
    { ...key, revision, score: 1 },
  ]);
  expect(await engine.lexical.query({ scope: "t", text: "sea", k: 5 })).toMatchObject([key]);
});

test("vectors reopen only with the dimension, model and metric that built them", async () => {
  await using engine = openMemoryEngine();
  const index = await engine.openVectors({ dimension: 2, modelId: "m" });
  const key = { scope: "", id: "a", revision: { epoch: 0, counter: 1 }, metadata: {} };
  await index.upsert([{ ...key, vector: new Float32Array([1, 0]) }]);
  const same = await engine.openVectors({ dimension: 2, modelId: "m", metric: "cosine" });
  await index.close();
  expect((await same.describe()).count).toBe(1);
  await expect(engine.openVectors({ dimension: 3, modelId: "m" })).rejects.toMatchObject({
    code: "E_DIMENSION_MISMATCH",
  });
  await expect(engine.openVectors({ dimension: 2, modelId: "n" })).rejects.toMatchObject({
    code: "E_MODEL_MISMATCH",
  });
  await expect(
    engine.openVectors({ dimension: 2, modelId: "m", metric: "l2" }),
  ).rejects.toMatchObject({ code: "E_MODEL_MISMATCH" });
});

test("a lock has one holder, and disposing it twice does not free the next one's", async () => {
  await using engine = openMemoryEngine();
  const first = await engine.lock("import");
  expect(await engine.lock("import")).toBeUndefined();
  await first?.[Symbol.asyncDispose]();
  expect(await engine.lock("import")).toBeDefined();
  await first?.[Symbol.asyncDispose]();
  expect(await engine.lock("import")).toBeUndefined();
});

test("close ends every role, twice without harm", async () => {
  const engine = openMemoryEngine();
  const vectors = await engine.openVectors({ dimension: 2, modelId: "m" });
  await engine.close();
  await engine.close();
  const closed = { code: "E_CLOSED" };
  await expect(engine.documents.count()).rejects.toMatchObject(closed);
  await expect(engine.lexical.query({ text: "a", k: 1 })).rejects.toMatchObject(closed);
  await expect(vectors.describe()).rejects.toMatchObject(closed);
  await expect(engine.openVectors({ dimension: 2, modelId: "m" })).rejects.toMatchObject(closed);
  await expect(engine.lock("import")).rejects.toMatchObject(closed);
});
