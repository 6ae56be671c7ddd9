import {
  describeDocumentStoreContract,
  describeKeyValueStoreContract,
  describeLexicalIndexContract,
  describeVectorIndexContract,
} from "@palimpsest/core/testing";
import { temporaryStore } from "./fixtures/temporary-store.ts";
import type { SqliteOptions } from "./open-sqlite.ts";

/** Every way in which a query can run must keep the same contract. */
const ways: readonly [name: string, options: Partial<SqliteOptions>][] = [
  ["sqlite", {}],
  ["sqlite without extension", { useExtension: false }],
  ["sqlite with every query in the worker", { inlineLimit: 0 }],
];

for (const [name, options] of ways) {
  describeVectorIndexContract(name, {
    create: async (vectorOptions) => {
      const store = await temporaryStore({ durability: "process", ...options });
      return {
        engine: store.engine,
        index: await store.engine.openVectors(vectorOptions),
        reopen: async (others) => {
          await store.engine.close();
          return (await store.open()).openVectors(others);
        },
        dispose: store.dispose,
      };
    },
  });

  // Lexical queries never use the extension.
  if (options.useExtension === false) continue;
  describeLexicalIndexContract(name, {
    create: async () => {
      const store = await temporaryStore({ durability: "process", ...options });
      return { index: store.engine.lexical, dispose: store.dispose };
    },
  });
}

describeDocumentStoreContract("sqlite", {
  create: async ({ clock }) => {
    const store = await temporaryStore({ durability: "process", clock });
    return {
      store: store.engine.documents,
      engine: store.engine,
      reopen: async () => {
        await store.engine.close();
        return (await store.open()).documents;
      },
      dispose: store.dispose,
    };
  },
});

describeKeyValueStoreContract("sqlite", {
  create: async ({ clock }) => {
    const store = await temporaryStore({ durability: "process", clock });
    return { store: store.engine.keyValues, dispose: store.dispose };
  },
});
