import {
  describeDocumentStoreContract,
  describeLexicalIndexContract,
} from "@palimpsest/core/testing";
import { describe } from "vitest";
import { testStore, testUrl } from "./fixtures/test-store.ts";

describe.skipIf(testUrl === undefined)("against a server", () => {
  describeDocumentStoreContract("mongodb", {
    create: async ({ clock }) => {
      const store = await testStore({ clock });
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

  describeLexicalIndexContract("mongodb", {
    create: async () => {
      const store = await testStore();
      return { index: store.engine.lexical, dispose: store.dispose };
    },
  });
});
