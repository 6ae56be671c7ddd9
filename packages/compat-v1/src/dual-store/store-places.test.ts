import { describe, expect, it } from "vitest";
import { openSemanticStore } from "./open-semantic-store.ts";
import { type StoreChoice, storeChoice } from "./store-choice.ts";
import type { SemanticStoreConfig } from "./store-config.ts";
import { storePlaces } from "./store-places.ts";

type Env = Readonly<Record<string, string>>;

function choose(config: SemanticStoreConfig, env: Env = {}): StoreChoice {
  return storeChoice("thoughts", { ...config, env });
}

function open(config: object, env: Env = {}) {
  return openSemanticStore("thoughts", "text", "createdAt", { ...config, env });
}

describe("PostgreSQL's place", () => {
  const env = {
    POSTGRES_HOST: "db",
    POSTGRES_PORT: "6543",
    POSTGRES_DATABASE: "promethean",
    POSTGRES_USERNAME: "user",
    POSTGRES_PASSWORD: "p@ss:word/?",
  };
  const both = { primaryDriver: "postgresql", vectorDriver: "postgresql" };

  it("comes from the environment, a family a schema", () => {
    const place = {
      driver: "postgres",
      url: "postgres://user:p%40ss%3Aword%2F%3F@db:6543/promethean",
      schema: "palimpsest_duck_thoughts",
    };
    expect(storePlaces(choose(both, env))).toEqual({ store: place, vectors: place });
  });

  it("comes from the configuration before it", () => {
    const postgresql = {
      host: "::1",
      database: "a b",
      username: "me",
      ssl: true,
      schema: "own",
      pool: { max: 20 },
    };
    expect(storePlaces(choose({ ...both, postgresql }, env)).store).toEqual({
      driver: "postgres",
      url: "postgres://me:p%40ss%3Aword%2F%3F@[::1]:6543/a%20b?sslmode=require",
      schema: "own",
      max: 20,
    });
    expect(
      storePlaces(choose({ ...both, postgresql: { url: "postgres://x/y" } }, env)).store,
    ).toMatchObject({
      url: "postgres://x/y",
    });
  });

  it("needs a database and a user", async () => {
    const { POSTGRES_DATABASE: _, ...without } = env;
    await expect(open(both, without)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: "PostgreSQL needs postgresql.database; set it or POSTGRES_DATABASE",
    });
    await expect(open(both, { ...env, POSTGRES_PORT: "x" })).rejects.toThrow("POSTGRES_PORT");
  });
});

describe("other places", () => {
  it("are apart for families that differ in any letter, within every engine's rules", () => {
    const schemas = ["duck_a-b", "duck_a.b", "duck_a_b", "x".repeat(90), `${"x".repeat(89)}y`].map(
      (family) => {
        const config = { primaryDriver: "postgresql", vectorDriver: "chromadb", family };
        const url = { postgresql: { url: "postgres://h/d" } };
        const { store, vectors } = storePlaces(choose({ ...config, ...url }));
        expect(vectors).toMatchObject({ name: (store as { schema: string }).schema });
        return (store as { schema: string }).schema;
      },
    );
    expect(new Set(schemas).size).toBe(5);
    for (const schema of schemas) expect(schema).toMatch(/^[a-z]\w{0,62}$/);
  });

  it("are not v1's own in MongoDB, and Chroma's collection as named", () => {
    const config = {
      primaryDriver: "mongodb",
      vectorDriver: "memory",
      mongodb: { uri: "mongodb://h", database: "d", options: { maxPoolSize: 5 } },
    };
    expect(storePlaces(choose(config)).store).toEqual({
      driver: "mongodb",
      url: "mongodb://h/?maxPoolSize=5",
      collection: "palimpsest.duck_thoughts",
      database: "d",
    });
    const env = { CHROMA_COLLECTION: "mine", CHROMA_URL: "http://c:1" };
    expect(storePlaces(choose({ primaryDriver: "memory" }, env)).vectors).toEqual({
      driver: "chroma",
      url: "http://c:1",
      name: "mine",
    });
  });
});
