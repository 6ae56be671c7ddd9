import { MemoryDocumentStore } from "@palimpsest/core/memory";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import { V1VectorIndex } from "./v1-vector-index.ts";

const revision = { epoch: 0, counter: 1 };
const vector = Float32Array.of(1, 0);

describe.skipIf(!hasServers)("v1's Chroma collection", () => {
  let deployment: TestDeployment;
  let documents: MemoryDocumentStore;

  beforeEach(() => {
    deployment = new TestDeployment();
    documents = new MemoryDocumentStore();
  });
  afterEach(() => deployment.dispose());

  async function open(space: "l2" | "cosine" | "ip" = "l2") {
    const collection = await deployment.chroma.createCollection({
      name: deployment.family("vectors"),
      configuration: { hnsw: { space } },
      embeddingFunction: null,
    });
    const options = { collection, documents, timeKey: "at", dimension: 2, modelId: "m" };
    return { collection, index: new V1VectorIndex(options) };
  }

  async function write(id: string, text: string, metadata: Record<string, never> | object) {
    const document = { scope: "", id, text, metadata: metadata as never, timestamp: 5 };
    const [result] = await documents.write([{ type: "put", document }]);
    if (result?.status !== "written") throw new Error("not written");
    return { scope: "", id, revision: result.stored.revision, vector, metadata: document.metadata };
  }

  it("drops a metadata key that the document no longer has", async () => {
    const { index, collection } = await open();
    await index.upsert([await write("a", "one", { gone: true, tag: 1 })]);
    await index.upsert([await write("a", "two", { tag: 2 })]);
    const found = await collection.get({ ids: ["a"] });
    expect(found.metadatas).toEqual([{ tag: 2, at: 5 }]);
    expect(found.documents).toEqual(["two"]);
  });

  it("leaves the newer record alone when an older revision comes late", async () => {
    const { index, collection } = await open();
    const first = await write("a", "one", {});
    const second = await write("a", "two", {});
    await index.upsert([second]);
    await index.upsert([{ ...first, vector: Float32Array.of(0, 1) }]);
    const found = await collection.get({ ids: ["a"], include: ["embeddings", "documents"] });
    expect(found.documents).toEqual(["two"]);
    expect(found.embeddings).toEqual([[1, 0]]);
  });

  it.each([
    ["l2", 1 / (1 + Math.SQRT2)],
    ["cosine", 0],
    ["ip", 0],
  ] as const)("scores in the space %s", async (space, far) => {
    const { index } = await open(space);
    await index.upsert([await write("near", "n", {})]);
    await index.upsert([{ ...(await write("far", "f", {})), vector: Float32Array.of(0, 1) }]);
    const hits = await index.query({ vector, k: 5 });
    expect(hits.map(({ id }) => id)).toEqual(["near", "far"]);
    expect(hits[0]?.score).toBeCloseTo(1, 4);
    expect(hits[1]?.score).toBeCloseTo(far, 4);
    expect((await index.describe()).metric).toBe(space);
    expect(await index.query({ vector, k: 0 })).toEqual([]);
    const keys = [
      { scope: "", id: "far" },
      { scope: "", id: "nobody" },
    ];
    expect((await index.query({ vector, k: 5, keys })).map(({ id }) => id)).toEqual(["far"]);
  });

  it("tells by its text whether a record is of the document's revision, page by page", async () => {
    const { index, collection } = await open();
    for (const id of ["b", "a", "c"]) await index.upsert([await write(id, `text ${id}`, {})]);
    await write("b", "changed", {});
    await collection.add({
      ids: ["z"],
      documents: ["orphan"],
      metadatas: [{ at: 1 }],
      embeddings: [[1, 1]],
    });
    const first = await index.scan({ limit: 3 });
    expect(first.entries.map(({ id, revision: { counter } }) => [id, counter])).toEqual([
      ["a", 1],
      ["b", 0],
      ["c", 1],
    ]);
    const rest = await index.scan({ limit: 3, ...(first.next && { after: first.next }) });
    expect(rest).toEqual({
      entries: [{ scope: "", id: "z", revision: { epoch: 0, counter: 0 } }],
      next: undefined,
    });
    await index.delete([{ scope: "", id: "z" }]);
    expect(await index.has(["z", "a"])).toEqual(new Set(["a"]));
  });

  it("refuses another length, numbers that are none, another tenant, and use after close", async () => {
    const { index } = await open();
    const record = { scope: "", id: "a", revision, metadata: {} };
    const short = { ...record, vector: Float32Array.of(1) };
    await expect(index.upsert([short])).rejects.toMatchObject({ code: "E_DIMENSION_MISMATCH" });
    const broken = { ...record, vector: Float32Array.of(Number.NaN, 1) };
    await expect(index.upsert([broken])).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
    await expect(index.upsert([{ ...record, scope: "s", vector }])).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
    await index.close();
    await expect(index.describe()).rejects.toMatchObject({ code: "E_CLOSED" });
  });
});
