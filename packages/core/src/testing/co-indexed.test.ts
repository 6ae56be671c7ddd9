// oxlint-disable no-await-in-loop, vitest/expect-expect -- index entries follow their documents one by one; expectCaught asserts
import { expect, test } from "vitest";
import type { DocumentKey, StoredDocument } from "../document.ts";
import type { DocumentStore } from "../document-store.ts";
import type { StorageEngine, VectorIndexIdentity } from "../engine.ts";
import type { LexicalIndex } from "../lexical-index.ts";
import type { VectorIndex } from "../vector-index.ts";
import { MemoryVectorIndex, openMemoryEngine } from "../memory/index.ts";
import { altered, expectCaught, failingCases } from "./broken-doubles.ts";
import { documentCoIndexing } from "./document-co-indexing.ts";
import { openDocumentStore } from "./document-store-contract.ts";

interface Faults {
  readonly keepsTermsOfDeleted?: boolean;
  readonly settlesWithoutVector?: boolean;
  readonly neverSettles?: boolean;
  readonly checksVectorsLate?: boolean;
  readonly indexesWhatItRefused?: boolean;
  readonly takesAnyModel?: boolean;
}

async function activeOf({ documents }: StorageEngine): Promise<VectorIndexIdentity> {
  const { dimension = 2, modelId = "contract" } = (await documents.settings.get("embedder")) ?? {};
  return { dimension: Number(dimension), modelId: String(modelId) };
}

/** The memory engine with its index work done inside the write: co-indexed as far as the suite can see. */
function coIndexed(engine: StorageEngine, faults: Faults): DocumentStore {
  const { documents, lexical } = engine;

  async function settle(key: DocumentKey): Promise<void> {
    const work = await documents.outbox.claim({ owner: "x", limit: 1, leaseMs: 1, keys: [key] });
    if (!faults.neverSettles) await documents.outbox.settle("x", work);
  }

  async function index(stored: StoredDocument, vector: Float32Array | undefined): Promise<void> {
    const vectors = await engine.openVectors(await activeOf(engine));
    if (stored.text === "") {
      await vectors.delete([stored]);
      if (!faults.keepsTermsOfDeleted) await lexical.delete([stored]);
      return settle(stored);
    }
    await lexical.upsert([stored]);
    if (vector) await vectors.upsert([{ ...stored, vector }]);
    if (vector || faults.settlesWithoutVector) await settle(stored);
  }

  return altered<DocumentStore>(documents, {
    commitGroup: engine,
    capabilities: { ...documents.capabilities, coIndexed: true },
    write: async (items, writeOptions) => {
      const active = await activeOf(engine);
      const foreign =
        !faults.takesAnyModel && (writeOptions?.modelId ?? active.modelId) !== active.modelId;
      const vectors = items.map((item) =>
        item.type === "put" && !foreign ? item.vector : undefined,
      );
      if (!faults.checksVectorsLate) await checkVectors(vectors, active);
      const results = await documents.write(items, writeOptions);
      for (const [i, result] of results.entries()) {
        if (result.status === "written") await index(result.stored, vectors[i]);
      }
      return results;
    },
    putIfNewer: async (records, { vectors = [], ...rest } = {}) => {
      const applied = await documents.putIfNewer(records, rest);
      for (const [i, record] of records.entries()) {
        if (faults.indexesWhatItRefused) await lexical.delete([record]);
        if (applied[i] || faults.indexesWhatItRefused) await index(record, vectors[i]);
      }
      return applied;
    },
  });
}

async function checkVectors(
  vectors: readonly (Float32Array | undefined)[],
  active: VectorIndexIdentity,
): Promise<void> {
  const scratch = new MemoryVectorIndex(active);
  const key = { scope: "", id: "x", revision: { epoch: 0, counter: 1 }, metadata: {} };
  for (const vector of vectors) if (vector) await scratch.upsert([{ ...key, vector }]);
}

function openAltered(faults: Faults): ReturnType<typeof openDocumentStore> {
  return openDocumentStore(async ({ clock }) => {
    const engine = openMemoryEngine({ clock });
    const grouped = altered<StorageEngine>(engine, {
      lexical: altered<LexicalIndex>(engine.lexical, { commitGroup: engine }),
      openVectors: async (wanted) =>
        altered<VectorIndex>(await engine.openVectors(wanted), { commitGroup: engine }),
    });
    return { store: coIndexed(engine, faults), engine: grouped };
  });
}

const doubles: readonly (readonly [string, Faults, readonly string[]])[] = [
  [
    "keeps the terms of deleted documents",
    { keepsTermsOfDeleted: true },
    ["replacing, emptying and deleting a document do the same to its index entries"],
  ],
  [
    "asks for no vector when it got none",
    { settlesWithoutVector: true },
    ["a put without a vector is found by term and asks for its vector"],
  ],
  [
    "queues work that it has done",
    { neverSettles: true },
    ["a put with its vector is found by vector and by term at once, with no work left"],
  ],
  [
    "looks at vectors after the write",
    { checksVectorsLate: true },
    ["a write that is refused leaves the index as it was"],
  ],
  [
    "indexes records that it did not apply",
    { indexesWhatItRefused: true },
    ["putIfNewer indexes what it applies and nothing else"],
  ],
  [
    "stores vectors of any model",
    { takesAnyModel: true },
    [
      "a vector of another model than the active index's is not stored, and the right one asked for",
    ],
  ],
];

test.each(doubles)("a co-indexed store that %s is caught", async (_, faults, names) => {
  await expectCaught(documentCoIndexing, names, () => openAltered(faults));
});

test("the same cases accept a co-indexed store without faults", async () => {
  expect(await failingCases(documentCoIndexing, () => openAltered({}))).toEqual([]);
});
