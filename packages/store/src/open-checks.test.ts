import { PalimpsestError } from "@palimpsest/core";
import { expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { WordEmbedder } from "./fixtures/word-embedder.ts";

test("the embedder is recorded once, without a key to look up again", async () => {
  const { open, documents } = await memoryParts();
  const store = await open();
  const recorded = { driver: "words", modelId: "words", dimension: 32 };
  expect(await store.settings.get("embedder")).toEqual(recorded);
  await open();
  expect(await documents.settings.get("embedder")).toEqual(recorded);
});

test("another embedder than the recorded one is refused with the remedy", async () => {
  const { open, documents, vectors } = await memoryParts();
  await documents.settings.set("embedder", { driver: "x", modelId: "older", dimension: 32 });
  await expect(open()).rejects.toMatchObject({
    code: "E_MODEL_MISMATCH",
    message: expect.stringMatching(/older.*words.*reembed/),
  });
  vectors.described = { modelId: "newer" };
  await expect(open({ embedder: new WordEmbedder("newer") })).rejects.toMatchObject({
    code: "E_MODEL_MISMATCH",
  });
});

test("a vector index of another model or dimension is refused", async () => {
  const { open, vectors } = await memoryParts();
  vectors.described = { modelId: "other" };
  await expect(open()).rejects.toMatchObject({ code: "E_MODEL_MISMATCH" });
  vectors.described = { dimension: 31 };
  await expect(open()).rejects.toMatchObject({
    code: "E_DIMENSION_MISMATCH",
    message: expect.stringMatching(/31.*32/),
  });
});

test("a document store without conditionalPut cannot be the authority", async () => {
  const { open, documents } = await memoryParts();
  Object.defineProperty(documents, "capabilities", {
    value: { ...documents.capabilities, conditionalPut: false },
  });
  await expect(open()).rejects.toMatchObject({ code: "E_UNSUPPORTED" });
});

test("what a missing capability costs is said by name; emulated ones are silent", async () => {
  const { open, documents, warnings } = await memoryParts();
  await open();
  expect(warnings).toEqual([]);
  Object.defineProperty(documents, "capabilities", {
    value: {
      ...documents.capabilities,
      tombstones: false,
      transactions: false,
      fence: false,
      keysetScan: false,
      serverDigest: false,
    },
  });
  await open();
  expect(warnings.map((warning) => /capability (\w+)/.exec(warning)?.[1])).toEqual([
    "tombstones",
    "transactions",
    "fence",
    "keysetScan",
  ]);
});

test("an engine that commits its own indexes only says so beside others, unless it queues for them", async () => {
  const { open, documents, warnings } = await memoryParts();
  const capabilities = { ...documents.capabilities, coIndexed: true };
  Object.defineProperty(documents, "capabilities", {
    value: { ...capabilities, indexElsewhere: true },
  });
  await open();
  expect(warnings).toEqual([]);
  Object.defineProperty(documents, "capabilities", {
    value: { ...capabilities, indexElsewhere: false },
  });
  await open();
  expect(warnings).toEqual([expect.stringContaining("does not commit with the indexes memory")]);
});

test("a read-only store that never recorded its embedder opens with a warning", async () => {
  const { open, documents, warnings } = await memoryParts();
  documents.settings.set = async () => {
    throw new PalimpsestError("E_READ_ONLY", "read-only");
  };
  await open();
  expect(warnings).toEqual([expect.stringContaining("read-only")]);
});

test("weights must be sensible", async () => {
  const { open } = await memoryParts();
  for (const weights of [
    { vector: 0, lexical: 0 },
    { vector: -1, lexical: 2 },
    { vector: Number.NaN, lexical: 1 },
  ]) {
    await expect(open({ weights })).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  }
});
