import { openChroma } from "@palimpsest/drivers/chroma";
import { openPostgres } from "@palimpsest/drivers/postgres";
import { SemanticStore } from "@palimpsest/store";
import { loadPeer, type Peer } from "../peers-folder.ts";
import type { Sample } from "../store/dataset.ts";
import { givenVectors, ingest } from "../store/open-store.ts";
import { chromaClient, type Places } from "./places.ts";

type OpenPeer = (places: Places, dimension: number) => Promise<Peer>;

/** Stores of this project and of others on the same servers; every vector is given. */
export const enginePeers: Readonly<Record<string, OpenPeer>> = {
  palimpsestPostgres,
  langchainPostgres,
  mem0Postgres,
  palimpsestPostgresChroma,
  langchainChroma,
  mem0Chroma,
};

async function palimpsestPostgres({ postgres }: Places, dimension: number): Promise<Peer> {
  const engine = await openPostgres({ connectionString: postgres, schema: "peer" });
  const embedder = givenVectors(dimension);
  const vectors = await engine.openVectors(embedder);
  const { documents, lexical } = engine;
  const store = await SemanticStore.open({ documents, lexical, vectors, embedder });
  return peerOf(store, () => engine.close());
}

async function palimpsestPostgresChroma(places: Places, dimension: number): Promise<Peer> {
  const engine = await openPostgres({ connectionString: places.postgres, schema: "peer_chroma" });
  const chroma = await openChroma({ client: chromaClient(places.chroma), name: "peer" });
  const embedder = givenVectors(dimension);
  const vectors = await chroma.openVectors(embedder);
  const { documents, lexical } = engine;
  const store = await SemanticStore.open({ documents, lexical, vectors, embedder });
  return peerOf(store, async () => {
    await chroma.close();
    await engine.close();
  });
}

function peerOf(store: SemanticStore, closeEngines: () => Promise<void>): Peer {
  return {
    ingest: (samples) => ingest(store, samples),
    search: async (vector, k) =>
      (await store.search("", { vector, mode: "vector", k })).map(({ id }) => id),
    async close() {
      await store.close();
      await closeEngines();
    },
  };
}

interface LangChainStore {
  addVectors(
    vectors: number[][],
    documents: object[],
    options: { readonly ids: string[] },
  ): Promise<unknown>;
  similaritySearchVectorWithScore(query: number[], k: number): Promise<[{ id: string }, number][]>;
}

interface LangChainPostgres {
  readonly PGVectorStore: {
    initialize(
      embeddings: unknown,
      config: object,
    ): Promise<
      LangChainStore & {
        createHnswIndex(config: { readonly dimensions: number }): Promise<void>;
        end(): Promise<void>;
      }
    >;
  };
}

async function langchainPostgres({ postgres }: Places, dimension: number): Promise<Peer> {
  const { PGVectorStore } = await loadPeer<LangChainPostgres>(
    "@langchain/community/vectorstores/pgvector",
  );
  const store = await PGVectorStore.initialize(undefined, {
    postgresConnectionOptions: { connectionString: postgres },
    tableName: "langchain",
    dimensions: dimension,
  });
  await store.createHnswIndex({ dimensions: dimension });
  return langchain(store, () => store.end());
}

interface LangChainChroma {
  readonly Chroma: new (embeddings: unknown, config: object) => LangChainStore;
}

async function langchainChroma({ chroma }: Places): Promise<Peer> {
  const { Chroma } = await loadPeer<LangChainChroma>("@langchain/community/vectorstores/chroma");
  const index = chromaClient(chroma);
  return langchain(new Chroma(undefined, { collectionName: "langchain", index }), async () => {});
}

function langchain(store: LangChainStore, close: () => Promise<void>): Peer {
  return {
    async ingest(samples) {
      const vectors = samples.map(({ vector }) => [...vector]);
      const documents = samples.map(({ text }) => ({ pageContent: text, metadata: { n: 1 } }));
      await store.addVectors(vectors, documents, { ids: samples.map(uuidOf) });
    },
    search: async (vector, k) =>
      (await store.similaritySearchVectorWithScore([...vector], k)).map(([{ id }]) => id),
    close,
  };
}

interface Mem0Store {
  initialize(): Promise<void>;
  insert(vectors: number[][], ids: string[], payloads: object[]): Promise<void>;
  search(query: number[], k: number): Promise<{ readonly id: string }[]>;
  close?(): Promise<void>;
}

interface Mem0 {
  readonly VectorStoreFactory: { create(provider: string, config: object): Mem0Store };
}

async function mem0Postgres({ postgres }: Places, dimension: number): Promise<Peer> {
  return mem0("pgvector", {
    connectionString: postgres,
    collectionName: "mem0",
    embeddingModelDims: dimension,
    hnsw: true,
  });
}

async function mem0Chroma({ chroma }: Places): Promise<Peer> {
  return mem0("chroma", { client: chromaClient(chroma), collectionName: "mem0" });
}

/** Its vector stores alone: no language model, no history, and no telemetry, which `Memory` sends. */
async function mem0(provider: string, config: object): Promise<Peer> {
  process.env["MEM0_TELEMETRY"] = "false";
  const { VectorStoreFactory } = await loadPeer<Mem0>("mem0ai/oss");
  const store = VectorStoreFactory.create(provider, config);
  await store.initialize();
  return {
    async ingest(samples) {
      const vectors = samples.map(({ vector }) => [...vector]);
      const payloads = samples.map(({ text }) => ({ data: text }));
      await store.insert(vectors, samples.map(uuidOf), payloads);
    },
    search: async (vector, k) => (await store.search([...vector], k)).map(({ id }) => id),
    close: async () => store.close?.(),
  };
}

/** Both peers keep UUIDs in PostgreSQL: the number of the id `doc-000042` as one. */
function uuidOf({ id }: Sample): string {
  return `00000000-0000-4000-8000-${id.replaceAll(/\D/g, "").padStart(12, "0")}`;
}
