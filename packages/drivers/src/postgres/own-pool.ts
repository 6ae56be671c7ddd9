import { PalimpsestError } from "@palimpsest/core";
import type { Client, Pool } from "pg";
import type { LockConnector } from "./advisory-locks.ts";
import type { PostgresPool } from "./postgres-client.ts";

interface Pg {
  readonly Client: typeof Client;
  readonly Pool: typeof Pool;
}

export interface OwnPoolOptions {
  readonly connectionString: string;
  readonly max: number;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  readonly onWarning: (message: string) => void;
}

export interface OwnPool {
  readonly pool: PostgresPool;
  readonly connectLock: LockConnector;
  readonly end: () => Promise<void>;
}

/** A pool of the package `pg`, which is loaded only now. Neither it nor its timers hold the process. */
export async function ownPool(options: OwnPoolOptions): Promise<OwnPool> {
  const { Client, Pool } = await loadPg();
  const config = {
    connectionString: options.connectionString,
    application_name: "palimpsest",
    connectionTimeoutMillis: options.connectTimeout,
    keepAlive: true,
    ...(options.statementTimeout > 0 && { statement_timeout: options.statementTimeout }),
  };
  const pool = new Pool({ ...config, max: options.max, allowExitOnIdle: true });
  // A connection that breaks while idle is replaced; unheard, its error would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    pool,
    end: () => pool.end(),
    connectLock: async () => {
      const client = new Client(config);
      client.on("error", () => {
        options.onWarning("a connection that held a lock broke; the lock is free for others");
      });
      await client.connect();
      return {
        query: (query) => client.query(query),
        release: () => {
          // Unheard from here on: the connection ends because it should.
          client.removeAllListeners("error").on("error", () => {});
          client.end().catch(() => {});
        },
      };
    },
  };
}

async function loadPg(): Promise<Pg> {
  try {
    const { Client, Pool } = (await import("pg")).default;
    return { Client, Pool };
  } catch (error) {
    throw new PalimpsestError(
      "E_CONFIG",
      "the PostgreSQL driver needs the package pg; install it with `npm install pg`",
      { cause: error },
    );
  }
}
