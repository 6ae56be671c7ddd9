import { loadPeer, type Peer } from "../peers-folder.ts";
import type { Sample } from "./dataset.ts";

export const peers: Readonly<Record<string, (path: string) => Promise<Peer>>> = {
  langchainMemoryVectorStore,
  pglitePgvector,
  lancedb,
};

interface LangChain {
  readonly MemoryVectorStore: new (embeddings: unknown) => {
    addVectors(vectors: number[][], documents: object[]): Promise<void>;
    similaritySearchVectorWithScore(
      query: number[],
      k: number,
    ): Promise<[{ id: string }, number][]>;
  };
}

async function langchainMemoryVectorStore(): Promise<Peer> {
  const { MemoryVectorStore } = await loadPeer<LangChain>("@langchain/classic/vectorstores/memory");
  const store = new MemoryVectorStore(undefined);
  return {
    ingest: (samples) =>
      store.addVectors(
        samples.map(({ vector }) => [...vector]),
        samples.map(({ id, text }) => ({ id, pageContent: text, metadata: {} })),
      ),
    search: async (vector, k) =>
      (await store.similaritySearchVectorWithScore([...vector], k)).map(([{ id }]) => id),
    close: async () => {},
  };
}

interface PGlite {
  exec(sql: string): Promise<unknown>;
  query<T>(sql: string, values: unknown[]): Promise<{ rows: T[] }>;
  close(): Promise<void>;
}

async function pglitePgvector(path: string): Promise<Peer> {
  const { PGlite } = await loadPeer<{
    PGlite: { create(dir: string, options: object): Promise<PGlite> };
  }>("@electric-sql/pglite");
  const { vector } = await loadPeer<{ vector: unknown }>("@electric-sql/pglite-pgvector");
  const database = await PGlite.create(path, { extensions: { vector } });
  await database.exec(
    "create extension vector; create table d (id text primary key, body text, v vector(384))",
  );
  return {
    async ingest(samples) {
      const rows = samples.map((_, i) => `($${i * 3 + 1},$${i * 3 + 2},$${i * 3 + 3}::vector)`);
      const values = samples.flatMap((sample) => [sample.id, sample.text, literal(sample.vector)]);
      await database.query(`insert into d values ${rows.join(",")}`, values);
    },
    async search(query, k) {
      const sql = "select id from d order by v <=> $1::vector limit $2";
      return (await database.query<{ id: string }>(sql, [literal(query), k])).rows.map(
        ({ id }) => id,
      );
    },
    close: () => database.close(),
  };
}

interface LanceTable {
  add(rows: object[]): Promise<unknown>;
  vectorSearch(vector: Float32Array): {
    distanceType(type: string): { limit(k: number): { toArray(): Promise<{ id: string }[]> } };
  };
}

interface LanceConnection {
  createTable(name: string, rows: object[]): Promise<LanceTable>;
  close(): void;
}

async function lancedb(path: string): Promise<Peer> {
  const { connect } = await loadPeer<{ connect(path: string): Promise<LanceConnection> }>(
    "@lancedb/lancedb",
  );
  const connection = await connect(path);
  let table: LanceTable | undefined;
  return {
    async ingest(samples) {
      const rows = samples.map(row);
      if (table) await table.add(rows);
      else table = await connection.createTable("d", rows);
    },
    async search(vector, k) {
      const found = await table!.vectorSearch(vector).distanceType("cosine").limit(k).toArray();
      return found.map(({ id }) => id);
    },
    close: async () => connection.close(),
  };
}

function literal(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

function row({ id, text, vector }: Sample): object {
  return { id, text, vector: [...vector] };
}
