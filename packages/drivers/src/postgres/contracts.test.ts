import {
  describeDocumentStoreContract,
  describeLexicalIndexContract,
  describeVectorIndexContract,
} from "@palimpsest/core/testing";
import { afterAll, beforeAll } from "vitest";
import { type InProcessPostgres, startPglite } from "./fixtures/pglite.ts";
import { openPostgres, type PostgresOptions } from "./open-postgres.ts";
import type { PostgresEngine } from "./postgres-engine.ts";

let postgres: InProcessPostgres;
let schemas = 0;

beforeAll(async () => {
  postgres = await startPglite();
});

afterAll(async () => {
  await postgres.close();
});

/** A store in a schema of its own. */
async function freshStore(options: Partial<PostgresOptions> = {}): Promise<{
  engine: PostgresEngine;
  open: () => Promise<PostgresEngine>;
  dispose: () => Promise<void>;
}> {
  const schema = `contract_${++schemas}`;
  const open = (): Promise<PostgresEngine> =>
    openPostgres({ client: postgres.client, schema, ...options });
  return { engine: await open(), open, dispose: () => postgres.dropSchema(schema) };
}

describeDocumentStoreContract("postgres (PGlite)", {
  create: async ({ clock }) => {
    const { engine, open, dispose } = await freshStore({ clock });
    const reopen = async (): Promise<PostgresEngine["documents"]> => {
      await engine.close();
      return (await open()).documents;
    };
    return { store: engine.documents, engine, reopen, dispose };
  },
});

describeVectorIndexContract("postgres (PGlite)", {
  create: async (vectorOptions) => {
    const { engine, open, dispose } = await freshStore();
    const index = await engine.openVectors(vectorOptions);
    return { engine, index, reopen: async (others) => (await open()).openVectors(others), dispose };
  },
});

describeLexicalIndexContract("postgres (PGlite)", {
  create: async () => {
    const { engine, dispose } = await freshStore();
    return { index: engine.lexical, dispose };
  },
});
