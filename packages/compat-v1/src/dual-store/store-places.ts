import { createHash } from "node:crypto";
import type { ConfigInput } from "@palimpsest/container";
import { PalimpsestError } from "@palimpsest/core";
import { agreed, defined, variable, wholeVariable } from "./given-values.ts";
import { blockOf, type StoreChoice } from "./store-choice.ts";

/** Where a family lies on engines that are not v1's: a place of its own in each. */
export function storePlaces(choice: StoreChoice): Pick<ConfigInput, "store" | "vectors"> {
  return { store: storePlace(choice), vectors: vectorPlace(choice) };
}

function storePlace(choice: StoreChoice): NonNullable<ConfigInput["store"]> {
  switch (choice.primary.value) {
    case "memory":
      return { driver: "memory" };
    case "sqlite":
      return sqlitePlace(choice);
    case "postgresql":
      return postgresPlace(choice);
    case "mongodb": {
      const { config, env, mongoUri, family } = choice;
      const database = choice.pick(
        agreed(
          ["mongodb.database", config.mongodb?.database],
          ["primaryDriver.database", blockOf(config.primaryDriver)?.database],
        ),
        variable(env, "MONGODB_DATABASE"),
      )?.value;
      // Never v1's own collection: this one has another shape.
      const collection = `palimpsest.${placeName(family)}`;
      return { driver: "mongodb", url: mongoUri, collection, ...defined({ database }) };
    }
  }
}

function vectorPlace(choice: StoreChoice): NonNullable<ConfigInput["vectors"]> {
  switch (choice.vectors.value) {
    case "memory":
      return { driver: "memory" };
    case "sqlite":
      return sqlitePlace(choice);
    case "postgresql":
      return postgresPlace(choice);
    case "chromadb": {
      const { config, chromaUrl, family } = choice;
      const { tenant, database } = config.chromadb ?? {};
      const name = chosenCollection(choice)?.value ?? `palimpsest_${placeName(family)}`;
      return { driver: "chroma", url: chromaUrl, name, ...defined({ tenant, database }) };
    }
  }
}

/** Chroma's collection as somebody named it. */
export function chosenCollection({ config, env, pick }: StoreChoice): ReturnType<typeof variable> {
  return pick(
    agreed(
      ["chromadb.collection", config.chromadb?.collection],
      ["vectorDriver.collection", blockOf(config.vectorDriver)?.collection],
    ),
    variable(env, "CHROMA_COLLECTION"),
  );
}

function sqlitePlace({ config, family }: StoreChoice): {
  readonly driver: "sqlite";
  readonly path: string;
  readonly readOnly?: boolean;
} {
  const path = agreed(
    ["sqlite.path", config.sqlite?.path],
    ["primaryDriver.connection", connectionOf(config, /^sqlite$/i)],
  )?.value;
  return {
    driver: "sqlite",
    path: path ?? `./.palimpsest/${placeName(family)}.db`,
    ...(config.readOnly === true && { readOnly: true }),
  };
}

function postgresPlace(choice: StoreChoice): {
  readonly driver: "postgres";
  readonly url: string;
  readonly schema: string;
  readonly max?: number;
} {
  const { config, family } = choice;
  const { url, schema, pool } = config.postgresql ?? {};
  const whole = agreed(
    ["postgresql.url", url],
    ["primaryDriver.connection", connectionOf(config, /^(?:postgres|pg)/i)],
  )?.value;
  return {
    driver: "postgres",
    url: whole ?? postgresUrl(choice),
    schema: schema ?? `palimpsest_${placeName(family)}`,
    ...defined({ max: pool?.max }),
  };
}

/** @throws `E_CONFIG` naming the field that is missing */
function postgresUrl({ config, env, pick }: StoreChoice): string {
  const block = config.postgresql ?? {};
  const field = (key: "host" | "database" | "username" | "password"): string | undefined =>
    pick(agreed([`postgresql.${key}`, block[key]]), variable(env, `POSTGRES_${key.toUpperCase()}`))
      ?.value;
  const [database, username] = (["database", "username"] as const).map((key) => {
    const value = field(key);
    if (value !== undefined) return encodeURIComponent(value);
    throw new PalimpsestError(
      "E_CONFIG",
      `PostgreSQL needs postgresql.${key}; set it or POSTGRES_${key.toUpperCase()}`,
    );
  });
  const password = field("password");
  const account = password === undefined ? username : `${username}:${encodeURIComponent(password)}`;
  const port = pick(agreed(["postgresql.port", block.port]), wholeVariable(env, "POSTGRES_PORT"));
  const host = field("host") ?? "localhost";
  const isSecure = pick(
    agreed(["postgresql.ssl", block.ssl === undefined ? undefined : String(block.ssl)]),
    variable(env, "POSTGRES_SSL"),
  );
  const query = isSecure?.value === "true" ? "?sslmode=require" : "";
  return `postgres://${account}@${bracketed(host)}:${port?.value ?? 5_432}/${database}${query}`;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : encodeURIComponent(host);
}

function connectionOf({ primaryDriver }: StoreChoice["config"], type: RegExp): string | undefined {
  const block = blockOf(primaryDriver);
  return block !== undefined && type.test(block.type) ? block.connection : undefined;
}

/** Letters, digits and `_`, short enough for every engine; two families never share one. */
function placeName(family: string): string {
  const plain = family.replaceAll(/[^A-Za-z0-9_]/g, "_");
  if (plain === family && plain.length <= 40) return plain;
  const digest = createHash("sha256").update(family).digest("hex").slice(0, 8);
  return `${plain.slice(0, 40)}_${digest}`;
}
