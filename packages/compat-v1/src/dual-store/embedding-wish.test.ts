import { describe, expect, it } from "vitest";
import { embedderConfig } from "./embedding-wish.ts";
import { storeChoice } from "./store-choice.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

function embedder(
  config: SemanticStoreConfig,
  env: Readonly<Record<string, string>> = {},
  recorded?: Parameters<typeof embedderConfig>[1],
) {
  return embedderConfig(storeChoice("x", { ...config, env }).embedding, recorded, "ollama");
}

describe("the embedder", () => {
  it("is v1's when nobody asked, or what the store was built with", () => {
    expect(embedder({})).toEqual({ driver: "ollama", model: "nomic-embed-text" });
    expect(embedder({}, {}, { driver: "hash", dimension: 8 })).toBeUndefined();
  });

  it("is the environment's, and the explicit one before it", () => {
    const env = {
      EMBEDDING_DRIVER: "ollama",
      EMBEDDING_FUNCTION: "mxbai",
      OLLAMA_URL: "http://o/",
    };
    const fromEnv = { driver: "ollama", model: "mxbai", baseURL: "http://o/api" };
    expect(embedder({}, env)).toEqual(fromEnv);
    expect(embedder({ embeddingFunction: "minilm", ollamaUrl: "http://p" }, env)).toEqual({
      ...fromEnv,
      model: "minilm",
      baseURL: "http://p/api",
    });
    expect(embedder({ embeddingDriver: "hash" }, env)).toEqual({ driver: "hash" });
  });

  it("comes from any of the older places", () => {
    const choice = { driver: "ollama", fn: "m", dims: 4 };
    const expected = { driver: "ollama", model: "m", dimension: 4 };
    expect(embedder({ embeddingFunction: choice })).toEqual(expected);
    expect(embedder({ chromadb: { embeddingFunction: choice } })).toEqual(expected);
    expect(embedder({ vectorDriver: { type: "chromadb", embeddingFunction: choice } })).toEqual(
      expected,
    );
  });

  it("keeps the recorded model of a driver that is named alone", () => {
    const recorded = { driver: "ollama", model: "mxbai", dimension: 1024 };
    expect(embedder({ embeddingDriver: "ollama" }, {}, recorded)).toMatchObject({ model: "mxbai" });
  });

  it("is another server's with a model and an address, and refused without", () => {
    const env = { PALIMPSEST_EMBEDDER_URL: "https://e/v1", PALIMPSEST_EMBEDDER_API_KEY: "k" };
    const openai = { embeddingDriver: "openai", embeddingFunction: "small" };
    expect(embedder(openai, env)).toEqual({
      driver: "openai-compatible",
      model: "small",
      baseURL: "https://e/v1",
      apiKey: "k",
    });
    expect(() => embedder(openai)).toThrow(/openai-compatible needs a model/);
  });
});
