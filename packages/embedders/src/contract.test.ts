import { describeEmbedderContract } from "@palimpsest/core/testing";
import { apiKey, startEmbeddingServer } from "./fixtures/embedding-server.ts";
import { HashEmbedder } from "./hash/index.ts";
import { ollamaEmbedder } from "./ollama.ts";
import { openaiCompatibleEmbedder } from "./openai-compatible.ts";

describeEmbedderContract("hash", {
  create: () => Promise.resolve({ embedder: new HashEmbedder(), another: new HashEmbedder() }),
});

describeEmbedderContract("openai-compatible", {
  create: async () => {
    const server = await startEmbeddingServer();
    const open = () =>
      openaiCompatibleEmbedder({
        baseURL: `${server.origin}/v1`,
        model: "text-embedding-test",
        apiKey,
        batchSize: 2,
      });
    return {
      embedder: await open(),
      another: await open(),
      dispose: () => Promise.resolve(server[Symbol.asyncDispose]()),
    };
  },
});

describeEmbedderContract("ollama", {
  create: async () => {
    const server = await startEmbeddingServer();
    const open = () =>
      ollamaEmbedder({ baseURL: `${server.origin}/api`, model: "nomic-test", batchSize: 2 });
    return {
      embedder: await open(),
      another: await open(),
      dispose: () => Promise.resolve(server[Symbol.asyncDispose]()),
    };
  },
});
