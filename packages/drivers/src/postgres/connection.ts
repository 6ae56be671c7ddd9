import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import type { PooledClient, PostgresPool, PostgresQuery } from "./postgres-client.ts";
import { isConflictOfTransactions, toPalimpsestError } from "./postgres-errors.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement; its constant text comes from this package, its values are parameters. */
export type Run = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface ConnectionOptions {
  readonly pool: PostgresPool;
  /** For messages: the address without its secrets. */
  readonly label: string;
  /** Prepares constant statements once per connection. */
  readonly prepare: boolean;
  /** Ends the pool, when it is the driver's own. */
  readonly end: () => Promise<void>;
}

const attempts = 8;

/** Statements and transactions over a pool, with cancelling, retries and typed errors. */
export class Connection {
  readonly label: string;
  readonly #options: ConnectionOptions;
  readonly #names = new Map<string, string>();
  #closing: Promise<void> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.label = options.label;
  }

  /** One statement, which is a transaction of its own. `dynamic` text is not worth preparing. */
  async query(
    text: string,
    values: readonly unknown[] = [],
    options: { readonly signal?: AbortSignal | undefined; readonly dynamic?: boolean } = {},
  ): Promise<Row[]> {
    return this.#retried(options.signal, (client) =>
      this.#run(client, text, values, options.dynamic === true),
    );
  }

  /** Runs `work` in a transaction, again when it lost against another one. Throwing rolls back. */
  async transaction<T>(work: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#retried(signal, async (client) => {
      const run: Run = (text, values = []) => this.#run(client, text, values, true);
      // Each statement must see what was committed while it waited for a lock.
      await client.query({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" });
      try {
        const result = await work(run);
        throwIfAborted(signal);
        await client.query({ text: "COMMIT" });
        return result;
      } catch (error) {
        await client.query({ text: "ROLLBACK" }).catch(() => {});
        throw error;
      }
    });
  }

  /** @throws `E_CLOSED` */
  checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new PalimpsestError("E_CLOSED", `${this.label} was closed; open it again`);
  }

  /** A connection of its own, to be released by the caller. */
  async connect(): Promise<PooledClient> {
    this.checkOpen();
    try {
      return await this.#options.pool.connect();
    } catch (error) {
      throw toPalimpsestError(error, this.label);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.end();
    return this.#closing;
  }

  async #retried<T>(
    signal: AbortSignal | undefined,
    work: (client: PooledClient) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const client = await this.connect();
      try {
        return await this.#cancellable(client, signal, work);
      } catch (error) {
        throwIfAborted(signal);
        if (!isConflictOfTransactions(error) || attempt === attempts) {
          throw toPalimpsestError(error, this.label);
        }
      }
    }
  }

  async #cancellable<T>(
    client: PooledClient,
    signal: AbortSignal | undefined,
    work: (client: PooledClient) => Promise<T>,
  ): Promise<T> {
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancel = (): void => {
      cancelling = this.#cancel(client.processID);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    let failure: unknown;
    try {
      return await work(client);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
      // A late cancel must not meet the connection's next statement.
      await cancelling;
      client.release(isSevered(failure));
    }
  }

  async #cancel(processId: number | null | undefined): Promise<void> {
    if (processId === null || processId === undefined) return;
    try {
      const client = await this.#options.pool.connect();
      try {
        await client.query({ text: "SELECT pg_cancel_backend($1::int)", values: [processId] });
      } finally {
        client.release();
      }
    } catch {
      // The statement then ends by itself; its caller learns of the abort all the same.
    }
  }

  async #run(
    client: PooledClient,
    text: string,
    values: readonly unknown[],
    dynamic: boolean,
  ): Promise<Row[]> {
    const query: PostgresQuery = { text, values: [...values] };
    const named = this.#options.prepare && !dynamic && values.length > 0;
    const result = await client.query(named ? { ...query, name: this.#nameOf(text) } : query);
    return result.rows as Row[];
  }

  #nameOf(text: string): string {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `palimpsest_${process.pid}_${this.#names.size}`;
      this.#names.set(text, name);
    }
    return name;
  }
}

/** An error without an SQLSTATE came from the connection itself, which is of no more use. */
function isSevered(failure: unknown): boolean {
  if (!(failure instanceof Error) || failure.name === "PalimpsestError") return false;
  return !("severity" in failure);
}
