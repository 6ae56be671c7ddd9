import { randomUUID } from "node:crypto";
import { AdminClient, ChromaClient } from "chromadb";
import { MongoClient } from "mongodb";
import { Client } from "pg";
import type { EngineUrls } from "./rerun-under-engines.ts";

/** A database of its own on each engine: the servers may be somebody's. */
export interface Places extends AsyncDisposable {
  readonly postgres: string;
  readonly mongodb: { readonly url: string; readonly database: string };
  readonly chroma: { readonly url: string; readonly database: string };
}

export async function openPlaces(urls: EngineUrls): Promise<Places> {
  const name = `palimpsest_bench_${randomUUID().slice(0, 8)}`;
  const chroma = chromaAt(urls.chroma);
  const admin = new AdminClient(chroma);
  const address = new URL(urls.postgres);
  address.pathname = `/${name}`;
  await runSql(urls.postgres, `CREATE DATABASE ${name}`);
  // As wide a search for everybody as the driver's own; the default finds fewer in less time.
  await runSql(urls.postgres, `ALTER DATABASE ${name} SET hnsw.ef_search = ${searchBreadth}`);
  await admin.createDatabase({ name, tenant });
  return {
    postgres: address.href,
    mongodb: { url: urls.mongodb, database: name },
    chroma: { url: urls.chroma, database: name },
    async [Symbol.asyncDispose]() {
      await runSql(urls.postgres, `DROP DATABASE ${name} WITH (FORCE)`);
      await admin.deleteDatabase({ name, tenant });
      const client = new MongoClient(urls.mongodb);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}

/** What the PostgreSQL driver searches with. */
export const searchBreadth = 160;

const tenant = "default_tenant";

export function chromaClient({ url, database }: Places["chroma"]): ChromaClient {
  return new ChromaClient({ ...chromaAt(url), tenant, database });
}

function chromaAt(url: string): { host: string; port: number; ssl: boolean } {
  const { hostname, port, protocol } = new URL(url);
  const ssl = protocol === "https:";
  return { host: hostname, port: port === "" ? (ssl ? 443 : 80) : Number(port), ssl };
}

async function runSql(connectionString: string, sql: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(sql);
  await client.end();
}
