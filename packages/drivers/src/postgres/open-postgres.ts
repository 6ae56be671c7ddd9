import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import { AdvisoryLocks, type LockConnector } from "./advisory-locks.ts";
import { Connection } from "./connection.ts";
import { checkSchemaName } from "./identifiers.ts";
import { migrate } from "./migrate.ts";
import { ownPool } from "./own-pool.ts";
import type { PostgresClient, PostgresPool } from "./postgres-client.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import { SingleClient } from "./single-client.ts";
import { StoreState } from "./store-state.ts";
import { tablesOf } from "./tables.ts";

/** Exactly one of `connectionString`, `pool` and `client` says where the database is. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; needs the package `pg`. */
  readonly connectionString?: string;
  /** A pool of the caller's, who ends it; a `Pool` of `pg` fits. */
  readonly pool?: PostgresPool;
  /** One connection of the caller's, who ends it; calls take turns on it. */
  readonly client?: PostgresClient;
  /** The schema that holds the store; created when absent. @defaultValue `"palimpsest"` */
  readonly schema?: string;
  /** Fails with `E_NOT_FOUND` instead of creating the store. @defaultValue false */
  readonly mustExist?: boolean;
  /** Connections of the driver's own pool. @defaultValue 10 */
  readonly max?: number;
  /** Milliseconds to wait for a connection of the driver's own pool. @defaultValue 10,000 */
  readonly connectTimeout?: number;
  /** Milliseconds after which the server stops a statement of the driver's own pool; 0 is never. @defaultValue 0 */
  readonly statementTimeout?: number;
  /** Prepares statements once per connection; false for a proxy that cannot. @defaultValue true */
  readonly prepare?: boolean;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  /** Told in one sentence when something works in a weaker or slower way. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Opens a store in a PostgreSQL database, creating or updating its tables. A failed opening leaves
 * nothing behind: calling again tries again.
 * @throws `E_UNAVAILABLE`, `E_NOT_FOUND`, `E_READ_ONLY`, `E_UNSUPPORTED`, `E_CONFIG`,
 * `E_INVALID_INPUT`, each naming the server without its secrets
 */
export async function openPostgres(options: PostgresOptions): Promise<PostgresEngine> {
  const { schema = "palimpsest", clock = systemClock, onWarning = () => {} } = options;
  checkSchemaName(schema);
  const source = await sourceOf(options, onWarning);
  const { pool, label, end, connectLock } = source;
  const connection = new Connection({ pool, label, end, prepare: options.prepare ?? true });
  const tables = tablesOf(schema);
  try {
    await migrate(connection, tables, options.mustExist ?? false);
    const store = new StoreState(connection, tables);
    const { fence: epoch } = await store.read();
    const locks = new AdvisoryLocks(connection, tables, connectLock);
    return new PostgresEngine({ connection, tables, store, epoch, clock, locks, onWarning });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface Source {
  readonly pool: PostgresPool;
  readonly label: string;
  readonly end: () => Promise<void>;
  readonly connectLock: LockConnector;
}

async function sourceOf(
  options: PostgresOptions,
  onWarning: (message: string) => void,
): Promise<Source> {
  const { connectionString, pool, client } = options;
  if ([connectionString, pool, client].filter((each) => each !== undefined).length !== 1) {
    throw new PalimpsestError("E_CONFIG", "pass one of `connectionString`, `pool` and `client`");
  }
  if (connectionString === undefined) {
    const given = pool ?? new SingleClient(client as PostgresClient);
    return {
      pool: given,
      label: "the PostgreSQL database",
      end: async () => {},
      connectLock: () => lockOn(given, client !== undefined),
    };
  }
  const { max = 10, connectTimeout = 10_000, statementTimeout = 0 } = options;
  checkCount(max, "max", 1, 10_000);
  checkCount(connectTimeout, "connectTimeout", 0);
  checkCount(statementTimeout, "statementTimeout", 0);
  const label = labelOf(connectionString);
  const own = { connectionString, max, connectTimeout, statementTimeout, onWarning };
  return { ...(await ownPool(own)), label };
}

/** A single connection cannot be held back for a lock: it is shared, and so the lock is its session's. */
async function lockOn(pool: PostgresPool, shared: boolean): ReturnType<LockConnector> {
  const client = await pool.connect();
  if (!shared) return client;
  client.release();
  return {
    query: async (query) => {
      const turn = await pool.connect();
      try {
        return await turn.query(query);
      } finally {
        turn.release();
      }
    },
    release: () => {},
  };
}

/** Host, port and database only: whatever else an address has may be secret. */
function labelOf(connectionString: string): string {
  if (typeof connectionString === "string" && URL.canParse(connectionString)) {
    const { protocol, host, pathname } = new URL(connectionString);
    const known = protocol === "postgres:" || protocol === "postgresql:";
    // An unencoded `/` in a password ends the host early; the rest would be shown.
    if (known && !/[@:]/.test(pathname)) {
      return `postgres://${host === "" ? "localhost" : host}${pathname}`;
    }
  }
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    "connectionString must be a URL such as postgres://user:password@host:5432/database; characters like @ or / in the password must be percent-encoded",
  );
}
