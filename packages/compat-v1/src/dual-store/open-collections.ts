import { MemoryDocumentStore } from "@palimpsest/core/memory";
import type { Embedder } from "@palimpsest/core";
import type { MongoClient } from "mongodb";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { dimensionOf } from "./family-chroma.ts";
import type { LedgerSource } from "./ledger.ts";
import type { FamilyKeys, LegacyCollection } from "./legacy-row.ts";
import { mongoLedger } from "./mongo-ledger.ts";
import { CollectionEmbedding } from "./own-embedding.ts";
import type { SkipRule } from "./skipping-vectors.ts";
import type { DualStoreOptions, DualStoreParts } from "./types.ts";
import { V1DocumentStore } from "./v1-document-store.ts";
import { V1VectorIndex } from "./v1-vector-index.ts";

export interface CollectionsRequest {
  readonly family: string;
  readonly keys: FamilyKeys;
  readonly chromaCollection: LegacyChromaCollection;
  readonly mongoCollection: LegacyCollection;
  readonly options: DualStoreOptions;
  readonly skips: SkipRule;
}

/** Parts over two collections that the caller opened; closing them stays with the caller. */
export async function openCollections(request: CollectionsRequest): Promise<DualStoreParts> {
  const { keys, chromaCollection, mongoCollection, options, skips } = request;
  const own = options.embedder === undefined ? new CollectionEmbedding() : undefined;
  const embedder: Embedder = options.embedder ?? (own as CollectionEmbedding);
  const { time } = options;
  const clock = time && { now: () => time() };
  const documents = new V1DocumentStore({
    ...keys,
    collection: mongoCollection,
    ledger: ledgerOf(request),
    readOnly: options.readOnly ?? false,
    skips,
    createIndexes: false,
    ...(clock && { clock }),
  });
  const found = own ? undefined : await dimensionOf(chromaCollection);
  const vectors = new V1VectorIndex({
    collection: chromaCollection,
    documents,
    timeKey: keys.timeKey,
    dimension: found ?? embedder.dimension,
    modelId: embedder.modelId,
    ...(own && { ownEmbedding: own }),
  });
  const close = async (): Promise<void> => {
    await vectors.close();
    await documents.close();
  };
  return { documents, vectors, embedder, close };
}

/** Beside a real collection; for a stand-in in memory, as long as the process lives. */
function ledgerOf({ family, mongoCollection }: CollectionsRequest): LedgerSource {
  const { client, dbName } = mongoCollection as { client?: MongoClient; dbName?: string };
  if (client !== undefined && dbName !== undefined) {
    return mongoLedger({ client, database: dbName, family });
  }
  const memory = new MemoryDocumentStore();
  return {
    exists: async () => true,
    open: async () => memory,
    close: () => memory.close(),
  };
}
