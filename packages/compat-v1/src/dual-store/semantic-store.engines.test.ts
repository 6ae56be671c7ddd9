import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import { SemanticStore } from "./semantic-store.ts";
import { SemanticStoreFactory } from "./semantic-store-factory.ts";
import type { SemanticStoreConfig } from "./store-config.ts";

const postgresUrl = process.env["PALIMPSEST_TEST_POSTGRES_URL"];
const chromaUrl = process.env["PALIMPSEST_TEST_CHROMA_URL"];
const mongoUrl = process.env["PALIMPSEST_TEST_MONGODB_URL"];

const hash = { embeddingDriver: "hash", consistency: "strict", env: {} } as const;

/** Writes through one opening and reads through another. */
async function roundTrip(config: SemanticStoreConfig): Promise<object> {
  const agentName = `t${randomUUID().slice(0, 8)}`;
  const open = () =>
    SemanticStoreFactory.create("pair-one", "text", "createdAt", { ...config, agentName });
  const store = await open();
  try {
    await store.insert({ id: "tea", text: "green tea", createdAt: 2, metadata: { kind: "drink" } });
    await store.insert({ id: "bus", text: "a red bus", createdAt: 1 });
    await store.update("bus", { text: "a blue bus" });
  } finally {
    await store.cleanup();
  }
  await using again = await open();
  const { consistentDocuments } = await again.getConsistencyReport();
  return {
    recent: (await again.getMostRecent()).map(({ text }) => text),
    nearest: (await again.getMostRelevant(["blue bus"], 1))[0]?.id,
    drinks: (await again.getMostRelevant(["tea"], 5, { kind: "drink" })).map(({ id }) => id),
    consistentDocuments,
    purged: await again.purge({ confirm: again.name }),
  };
}

const whole = {
  recent: ["green tea", "a blue bus"],
  nearest: "bus",
  drinks: ["tea"],
  consistentDocuments: 2,
  purged: 2,
};

describe.skipIf(!hasServers)("MongoDB with Chroma", () => {
  it("is v1's own data in place, by the environment alone", async () => {
    const deployment = new TestDeployment();
    try {
      const { textKey, timeKey } = await deployment.load("sessions");
      await using store = await SemanticStore.create("sessions", textKey, timeKey, {
        mongodb: { database: deployment.databaseName },
        embedder: deployment.embedder,
        readOnly: true,
        env: {
          PRIMARY_DRIVER: "mongodb",
          VECTOR_DRIVER: "chromadb",
          MONGODB_URI: mongoUrl ?? "",
          CHROMA_URL: chromaUrl ?? "",
          AGENT_NAME: deployment.agent,
          MONGO_POOL_SIZE: "3",
        },
      });
      expect(store.name).toBe(deployment.family("sessions"));
      expect(await store.getMostRecent(3)).toHaveLength(3);
      await expect(store.insert({ text: "no" })).rejects.toMatchObject({ code: "E_READ_ONLY" });
    } finally {
      await deployment.dispose();
    }
  });
});

describe.skipIf(mongoUrl === undefined)("MongoDB with other vectors", () => {
  it("holds a family in a shape and place of its own", async () => {
    const mongodb = { uri: mongoUrl, database: `palimpsest_test_${randomUUID().slice(0, 8)}` };
    expect(
      await roundTrip({ ...hash, primaryDriver: "mongodb", vectorDriver: "memory", mongodb }),
    ).toEqual(whole);
  });

  it("does not begin empty beside documents in the older shape", async () => {
    const deployment = new TestDeployment();
    const rows = deployment.mongo.db("database").collection(`${deployment.agent}_thoughts`);
    const config = {
      ...hash,
      agentName: deployment.agent,
      primaryDriver: "mongodb",
      vectorDriver: "memory",
      mongodb: { uri: mongoUrl, database: deployment.databaseName },
    };
    const open = (more: SemanticStoreConfig = {}) =>
      SemanticStoreFactory.create("thoughts", "text", "createdAt", { ...config, ...more });
    try {
      await rows.insertOne({ id: "a", text: "old", createdAt: 1 });
      await expect(open()).rejects.toMatchObject({
        code: "E_CONFIG",
        message: expect.stringContaining("open it in place"),
      });
      await (await open({ allowEmpty: true })).cleanup();
    } finally {
      await rows.drop();
      await deployment.dispose();
    }
  });
});

describe.skipIf(postgresUrl === undefined)("PostgreSQL", () => {
  const postgresql = { url: postgresUrl };

  it("holds documents and vectors", async () => {
    expect(
      await roundTrip({
        ...hash,
        primaryDriver: "postgresql",
        vectorDriver: "postgresql",
        postgresql,
      }),
    ).toEqual(whole);
  });

  it.skipIf(chromaUrl === undefined)("holds documents beside Chroma", async () => {
    const chromadb = { url: chromaUrl };
    expect(
      await roundTrip({
        ...hash,
        primaryDriver: "postgresql",
        vectorDriver: "chromadb",
        postgresql,
        chromadb,
      }),
    ).toEqual(whole);
  });

  it("is reached by the older variables too", async () => {
    const url = new URL(postgresUrl ?? "");
    const env = {
      POSTGRES_HOST: url.hostname,
      POSTGRES_PORT: url.port,
      POSTGRES_DATABASE: url.pathname.slice(1),
      POSTGRES_USERNAME: decodeURIComponent(url.username),
      POSTGRES_PASSWORD: decodeURIComponent(url.password),
    };
    expect(
      await roundTrip({ ...hash, env, primaryDriver: "postgresql", vectorDriver: "memory" }),
    ).toEqual(whole);
  });
});
