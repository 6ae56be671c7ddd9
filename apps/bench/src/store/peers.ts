import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Sample } from "./dataset.ts";

/** A vector store under test: the same documents in, the same query vectors against it. */
export interface Peer {
  ingest(samples: readonly Sample[]): Promise<void>;
  search(vector: Float32Array, k: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL("../../peers/", import.meta.url));
const resolve = createRequire(join(folder, "package.json")).resolve;
// Their types are not installed with the workspace, so each peer declares the few calls it uses.
const load = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(resolve(name)).href)) as T;

/** Installs the peers by their own lockfile, once; what it prints goes to stderr. */
export function installPeers(): void {
  if (existsSync(join(folder, "node_modules/.modules.yaml"))) return;
  console.error("installing the peers to compare with (about 700 MB) …");
  const flags = [
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--reporter=append-only",
    "--loglevel=error",
  ];
  const { status } = spawnSync("pnpm", flags, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error("the peers could not be installed; see above, then run the bench again");
}

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
  const { MemoryVectorStore } = await load<LangChain>("@langchain/classic/vectorstores/memory");
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
  const { PGlite } = await load<{
    PGlite: { create(dir: string, options: object): Promise<PGlite> };
  }>("@electric-sql/pglite");
  const { vector } = await load<{ vector: unknown }>("@electric-sql/pglite-pgvector");
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
  const { connect } = await load<{ connect(path: string): Promise<LanceConnection> }>(
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
