import {
  MemoryDocumentStore,
  MemoryKeyValueStore,
  MemoryLexicalIndex,
  openMemoryEngine,
} from "../memory/index.ts";
import {
  describeDocumentStoreContract,
  describeEmbedderContract,
  describeKeyValueStoreContract,
  describeLexicalIndexContract,
  describeVectorIndexContract,
} from "./index.ts";
import { WordEmbedder } from "./word-embedder.ts";

describeDocumentStoreContract("memory", {
  create: async ({ clock }) => ({ store: new MemoryDocumentStore({ clock }) }),
});

describeVectorIndexContract("memory", {
  create: async (options) => {
    const engine = openMemoryEngine();
    return { engine, index: await engine.openVectors(options) };
  },
});

describeLexicalIndexContract("memory", {
  create: async () => ({ index: new MemoryLexicalIndex() }),
});

describeKeyValueStoreContract("memory", {
  create: async ({ clock }) => ({ store: new MemoryKeyValueStore({ clock }) }),
});

describeEmbedderContract("words", {
  create: async () => ({ embedder: new WordEmbedder(), another: new WordEmbedder() }),
});
