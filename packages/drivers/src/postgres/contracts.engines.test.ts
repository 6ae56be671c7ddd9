import {
  describeDocumentStoreContract,
  describeLexicalIndexContract,
  describeVectorIndexContract,
} from "@palimpsest/core/testing";
import { describe } from "vitest";
import { testStore, testUrl } from "./fixtures/test-server.ts";
import type { PostgresEngine } from "./postgres-engine.ts";

describe.skipIf(testUrl === undefined)("PostgreSQL", () => {
  describeDocumentStoreContract("postgres", {
    create: async ({ clock }) => {
      const store = await testStore({ clock });
      const reopen = async (): Promise<PostgresEngine["documents"]> => {
        await store.engine.close();
        return (await store.open()).documents;
      };
      const { engine, dispose } = store;
      return { store: engine.documents, engine, reopen, dispose };
    },
  });

  describeVectorIndexContract("postgres", {
    create: async (vectorOptions) => {
      const { engine, open, dispose } = await testStore();
      const index = await engine.openVectors(vectorOptions);
      return {
        engine,
        index,
        dispose,
        reopen: async (others) => (await open()).openVectors(others),
      };
    },
  });

  describeLexicalIndexContract("postgres", {
    create: async () => {
      const { engine, dispose } = await testStore();
      return { index: engine.lexical, dispose };
    },
  });
});
