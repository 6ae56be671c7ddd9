import { checkKey } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { lockKey } from "./identifiers.ts";
import type { PooledClient } from "./postgres-client.ts";
import { toPalimpsestError } from "./postgres-errors.ts";
import type { Tables } from "./tables.ts";

/** Opens a connection that belongs to one lock alone; `release` ends it. */
export type LockConnector = () => Promise<PooledClient>;

/**
 * Locks among processes, each held by a connection of its own: when its process dies, the server
 * frees it. Names held here are remembered, because one connection may take its own lock again.
 */
export class AdvisoryLocks {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #connect: LockConnector;
  readonly #held = new Map<string, AsyncDisposable | undefined>();

  constructor(connection: Connection, tables: Tables, connect: LockConnector) {
    this.#connection = connection;
    this.#tables = tables;
    this.#connect = connect;
  }

  /** @returns undefined while another holder has it */
  async acquire(name: string): Promise<AsyncDisposable | undefined> {
    checkKey({ scope: "", id: name });
    if (this.#held.has(name)) return undefined;
    this.#held.set(name, undefined);
    const key = lockKey(`lock:${this.#tables.schema}:${name}`);
    try {
      const client = await this.#connect();
      const lock = (await this.#try(client, key)) ? this.#heldBy(client, key, name) : undefined;
      if (lock === undefined) this.#held.delete(name);
      else this.#held.set(name, lock);
      return lock;
    } catch (error) {
      this.#held.delete(name);
      throw toPalimpsestError(error, this.#connection.label);
    }
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.values()].map((lock) => lock?.[Symbol.asyncDispose]()));
  }

  async #try(client: PooledClient, key: string): Promise<boolean> {
    try {
      const text = "SELECT pg_try_advisory_lock($1::bigint) AS held";
      const { rows } = await client.query({ text, values: [key] });
      const [row] = rows as { held: boolean }[];
      if (row?.held !== true) client.release();
      return row?.held === true;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  #heldBy(client: PooledClient, key: string, name: string): AsyncDisposable {
    let released: Promise<void> | undefined;
    const release = async (): Promise<void> => {
      try {
        await client.query({ text: "SELECT pg_advisory_unlock($1::bigint)", values: [key] });
        client.release();
      } catch {
        // The connection is gone, and the lock with it.
        client.release(true);
      }
      this.#held.delete(name);
    };
    return {
      [Symbol.asyncDispose]: () => {
        released ??= release();
        return released;
      },
    };
  }
}
