import { describe, expect, it } from "vitest";
import { openSemanticStore } from "./open-semantic-store.ts";
import { type StoreChoice, storeChoice } from "./store-choice.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

type Env = Readonly<Record<string, string>>;

function choose(config: SemanticStoreConfig, env: Env = {}): StoreChoice {
  return storeChoice("thoughts", { ...config, env });
}

function open(config: object, env: Env = {}) {
  return openSemanticStore("thoughts", "text", "createdAt", { ...config, env });
}

describe("drivers", () => {
  it("are v1's without any setting", () => {
    expect(choose({})).toMatchObject({
      family: "duck_thoughts",
      primary: { value: "mongodb" },
      vectors: { value: "chromadb" },
      mongoUri: "mongodb://localhost:27017",
      chromaUrl: "http://localhost:8000",
      allowEmpty: false,
    });
  });

  it("are the explicit ones, then the environment's", () => {
    const env = { PRIMARY_DRIVER: "postgresql", VECTOR_DRIVER: "memory" };
    expect(choose({ primaryDriver: "sqlite" }, env)).toMatchObject({
      primary: { value: "sqlite", at: "config.primaryDriver", fromEnvironment: false },
      vectors: { value: "memory", at: "VECTOR_DRIVER", fromEnvironment: true },
    });
    expect(choose({ primaryDriver: "sqlite", environmentFirst: true }, env)).toMatchObject({
      primary: { value: "postgresql", fromEnvironment: true },
    });
    expect(choose({}, { PRIMARY_DRIVER: " ", VECTOR_DRIVER: "" })).toMatchObject({
      primary: { value: "mongodb", fromEnvironment: false },
    });
  });

  it("have the spellings that others use", () => {
    expect(choose({ primaryDriver: "Postgres", vectorDriver: "chroma" })).toMatchObject({
      primary: { value: "postgresql" },
      vectors: { value: "chromadb" },
    });
  });

  it.each([
    [
      { primaryDriver: "mysql" },
      {},
      "E_CONFIG",
      'config.primaryDriver: "mysql" is no driver of documents; there are mongodb, postgresql, sqlite, memory',
    ],
    [
      {},
      { PRIMARY_DRIVER: "mysql" },
      "E_CONFIG",
      'PRIMARY_DRIVER: "mysql" is no driver of documents; there are mongodb, postgresql, sqlite, memory',
    ],
    [
      { vectorDriver: "pinecone" },
      {},
      "E_UNSUPPORTED",
      "config.vectorDriver: this version has no driver pinecone; there are chromadb, postgresql, sqlite, memory",
    ],
    [
      {},
      { VECTOR_DRIVER: "qdrant" },
      "E_UNSUPPORTED",
      "VECTOR_DRIVER: this version has no driver qdrant; there are chromadb, postgresql, sqlite, memory",
    ],
    [
      { primaryDriver: "chromadb" },
      {},
      "E_CONFIG",
      'config.primaryDriver: "chromadb" keeps vectors only; there are mongodb, postgresql, sqlite, memory',
    ],
    [
      { primaryDriver: "pinecone" },
      {},
      "E_CONFIG",
      'config.primaryDriver: "pinecone" keeps vectors only; there are mongodb, postgresql, sqlite, memory',
    ],
    [
      { vectorDriver: "mongodb" },
      {},
      "E_CONFIG",
      'config.vectorDriver: "mongodb" keeps no vectors; there are chromadb, postgresql, sqlite, memory',
    ],
    [
      { vectorDriver: "__proto__" },
      {},
      "E_CONFIG",
      'config.vectorDriver: "__proto__" is no driver of vectors; there are chromadb, postgresql, sqlite, memory',
    ],
    [
      { embeddingDriver: "cohere" },
      {},
      "E_CONFIG",
      'config.embeddingDriver: "cohere" is no embedding driver; there are ollama, hash, openai-compatible',
    ],
    [
      {},
      { EMBEDDING_DRIVER: "cohere" },
      "E_CONFIG",
      'EMBEDDING_DRIVER: "cohere" is no embedding driver; there are ollama, hash, openai-compatible',
    ],
  ])("%o with %o are refused", async (config, env, code, message) => {
    await expect(open(config, env as Env)).rejects.toMatchObject({ code, message });
  });
});

describe("two settings that disagree fail, naming both", () => {
  it.each([
    [
      {},
      { CONSISTENCY_MODE: "strict", DUAL_WRITE_CONSISTENCY: "eventual" },
      /DUAL_WRITE_CONSISTENCY.*CONSISTENCY_MODE/,
    ],
    [{ dualWrite: true, dualWriteEnabled: false }, {}, /^dualWriteEnabled and dualWrite disagree/],
    [
      { vectorBatchSize: 3, writeQueue: { batchSize: 4 } },
      {},
      /^vectorBatchSize and writeQueue.batchSize/,
    ],
    [
      { maxRetries: 1, chromadb: { writeQueue: { maxRetries: 2 } } },
      {},
      /^maxRetries and chromadb.writeQueue.maxRetries/,
    ],
    [
      {
        mongodb: { uri: "mongodb://u:secret@a" },
        primaryDriver: { type: "mongodb", connection: "mongodb://b" },
      },
      {},
      /^mongodb.uri and primaryDriver.connection/,
    ],
    [
      { embeddingDriver: "hash", embeddingFunction: { driver: "ollama" } },
      {},
      /^embeddingDriver and embeddingFunction.driver/,
    ],
    [
      { chromadb: { url: "http://a" }, vectorDriver: { type: "chromadb", endpoint: "http://b" } },
      {},
      /^chromadb.url and vectorDriver.endpoint/,
    ],
  ])("%o with %o", async (config, env, message) => {
    await expect(open(config, env as Env)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(message),
    });
    await expect(open(config, env as Env)).rejects.not.toThrow("secret");
  });

  it("and pass when they agree", () => {
    const config = {
      vectorBatchSize: 3,
      writeQueue: { batchSize: 3 },
      dualWrite: false,
      dualWriteEnabled: false,
    };
    expect(choose(config).options).toMatchObject({
      queue: { batchSize: 3 },
      dualWriteEnabled: false,
    });
  });
});

describe("configuration that is wrong", () => {
  const secret = "hunter2";
  it.each([
    [{ primaryDriver: 7 }, "config.primaryDriver"],
    [{ postgresql: { port: secret } }, "config.postgresql.port"],
    [{ postgresql: { password: 5, host: secret } }, "config.postgresql.password"],
    [{ postgresql: { pasword: secret } }, 'config.postgresql does not know "pasword"'],
    [{ vectorBatchSize: 0 }, "config.vectorBatchSize"],
    [{ consistency: secret }, "config.consistency"],
    [{ embedder: secret }, "config.embedder"],
    [{ onWarning: secret }, "config.onWarning must be a function"],
    [{ mongodb: { options: { auth: { password: secret } } } }, "config.mongodb.options.auth"],
    [{ unknown: secret }, 'config does not know "unknown"'],
  ])("%# names the field and not its value", async (config, field) => {
    const error = await open(config).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining(field) });
    expect(String(error)).not.toContain(secret);
  });

  it.each(["name", "textKey", "timeStampKey"])("an empty %s is refused", async (what) => {
    const names = { name: "x", textKey: "text", timeStampKey: "at", [what]: "" };
    await expect(
      openSemanticStore(names.name, names.textKey, names.timeStampKey, { env: {} }),
    ).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });
});

describe("MongoDB with Chroma", () => {
  const env = {
    MONGODB_URI: "mongodb://user:secret@127.0.0.1:1/?x=1",
    MONGO_TIMEOUT: "50",
    MONGO_POOL_SIZE: "2",
  };

  it("is opened in place, with the variables' limits in the address", async () => {
    expect(choose({}, env).mongoUri).toBe(
      "mongodb://user:secret@127.0.0.1:1/?x=1&maxPoolSize=2&serverSelectionTimeoutMS=50",
    );
    const unreachable = { MONGODB_URI: "mongodb://user:secret@127.0.0.1:1", MONGO_TIMEOUT: "50" };
    const error: unknown = await open({}, unreachable).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining("127.0.0.1:1"),
    });
    expect(String(error)).not.toContain("secret");
  });

  it("lets a prefix stand for the agent, and no other collection be named", async () => {
    expect(choose({ mongodb: { collectionPrefix: "app_" } }).family).toBe("app_thoughts");
    expect(choose({}, { AGENT_NAME: "robin" }).family).toBe("robin_thoughts");
    await expect(open({ chromadb: { collection: "other" } }, env)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining("in place the collection is duck_thoughts"),
    });
  });
});

describe("a server that cannot be reached", () => {
  const account = { host: "127.0.0.1", port: 1, database: "d", username: "u" };
  it.each([
    [
      {
        primaryDriver: "postgresql",
        vectorDriver: "memory",
        postgresql: { ...account, password: "hunter2" },
      },
    ],
    [
      {
        primaryDriver: "memory",
        embeddingDriver: "hash",
        chromadb: { url: "http://u:hunter2@127.0.0.1:1" },
      },
    ],
  ])("%# is named without its password", async (config) => {
    const error: unknown = await open(config).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining("127.0.0.1:1"),
    });
    expect(String(error)).not.toContain("hunter2");
  });
});
