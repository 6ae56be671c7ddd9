import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { MongoClient } from "mongodb";
import { Connection } from "./connection.ts";
import { Fence } from "./fence.ts";
import { Leases } from "./leases.ts";
import { malformedAddress, serverName } from "./mongodb-errors.ts";
import { MongodbEngine } from "./mongodb-engine.ts";
import { prepareSchema } from "./schema.ts";

interface SharedOptions {
  /** @defaultValue the address's database, or `"palimpsest"` when it names none */
  readonly database?: string;
  /** Collection of the documents; `<collection>.terms` and `<collection>.control` lie beside it. @defaultValue `"documents"` */
  readonly collection?: string;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  /** Told in one sentence when something holds in a weaker way. */
  readonly onWarning?: (message: string) => void;
  /** Milliseconds for a majority to confirm a write before `E_UNAVAILABLE`. @defaultValue 10,000 */
  readonly timeout?: number;
  /** Milliseconds after which a dead process's lock is free. @defaultValue 10,000 */
  readonly lockTtl?: number;
}

export type MongodbOptions = SharedOptions &
  (
    | {
        /** `mongodb://` or `mongodb+srv://` address. */
        readonly url: string;
        readonly client?: undefined;
        /** Milliseconds to find and reach a server. @defaultValue 10,000 */
        readonly connectTimeout?: number;
        /** Milliseconds to wait for an answer before the connection counts as broken. @defaultValue 60,000 */
        readonly responseTimeout?: number;
      }
    | {
        /** A client of the caller, who also closes it. */
        readonly client: MongoClient;
        readonly url?: undefined;
      }
  );

const defaultDatabase = "palimpsest";
const names = {
  database: { pattern: /^[A-Za-z0-9_-]{1,63}$/, rule: 'up to 63 letters, digits, "_" or "-"' },
  collection: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
    rule: 'up to 100 letters, digits, "_", "-" or ".", beginning with none of the last two',
  },
} as const;
const namesTest = /^mongodb(?:\+srv)?:\/\/[^/]*\/test(?:\?|$)/i;

/**
 * Opens a store in MongoDB, creating its collections and indexes on first use.
 * @throws `E_CONFIG` for a malformed address, refused credentials or collections of another program,
 * `E_UNAVAILABLE` for a server that cannot be reached, `E_UNSUPPORTED` for one that is too old
 */
export async function openMongodb(options: MongodbOptions): Promise<MongodbEngine> {
  const { collection = "documents", timeout = 10_000, lockTtl = 10_000 } = options;
  const { clock = systemClock, onWarning = () => {} } = options;
  checkMilliseconds(timeout, "timeout");
  checkMilliseconds(lockTtl, "lockTtl");
  const client = options.client ?? createClient(options);
  const database = options.database ?? databaseOf(client, options.url);
  checkName(database, "database");
  checkName(collection, "collection");
  const server = serverName(
    client.options.hosts.map((host) => host.toString()),
    database,
  );
  const ownsClient = options.client === undefined;
  const connection = new Connection({ client, database, collection, server, timeout, ownsClient });
  try {
    return await connection.run(undefined, async () => {
      await client.connect();
      await warnOfStandalone(connection, onWarning);
      await prepareSchema(connection);
      const fence = new Fence(connection);
      const leases = new Leases({ connection, lockTtl, onWarning });
      return new MongodbEngine({ connection, clock, fence, epoch: await fence.read(), leases });
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function createClient(options: MongodbOptions & { readonly client?: undefined }): MongoClient {
  const { url, connectTimeout = 10_000, responseTimeout = 60_000 } = options;
  checkMilliseconds(connectTimeout, "connectTimeout");
  checkMilliseconds(responseTimeout, "responseTimeout");
  if (typeof url !== "string") {
    throw new PalimpsestError("E_CONFIG", "pass `url`, a mongodb:// address, or `client`");
  }
  try {
    return new MongoClient(url, {
      serverSelectionTimeoutMS: connectTimeout,
      connectTimeoutMS: connectTimeout,
      socketTimeoutMS: responseTimeout,
      retryWrites: true,
      appName: "palimpsest",
    });
  } catch {
    // Without its cause: what the client throws may quote parts of the address.
    throw malformedAddress();
  }
}

/** The client calls a missing database "test", where nothing durable should land by accident. */
function databaseOf(client: MongoClient, url: string | undefined): string {
  const { dbName } = client.options;
  if (dbName === "test" && !namesTest.test(url ?? "")) return defaultDatabase;
  return dbName ?? defaultDatabase;
}

async function warnOfStandalone(
  connection: Connection,
  onWarning: (message: string) => void,
): Promise<void> {
  const hello = await connection.hello();
  if (hello["setName"] !== undefined || hello["msg"] === "isdbgrid") return;
  onWarning(
    `MongoDB at ${connection.server} is a standalone server: acknowledged writes survive its restart but not the loss of its disk, and a call broken by the network is not retried; use a replica set`,
  );
}

function checkName(value: string, option: keyof typeof names): void {
  const { pattern, rule } = names[option];
  if (typeof value === "string" && pattern.test(value)) return;
  throw new PalimpsestError("E_CONFIG", `${option} must be ${rule}, got ${JSON.stringify(value)}`);
}

function checkMilliseconds(value: number, option: string): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new PalimpsestError(
    "E_CONFIG",
    `${option} must be whole milliseconds above 0, got ${value}`,
  );
}
