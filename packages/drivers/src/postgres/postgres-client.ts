/** One statement: every value is a parameter, `text` is a constant of this package. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  /** Prepared once per connection under this name. */
  readonly name?: string;
}

export interface PostgresResult {
  readonly rows: unknown[];
}

/** What the driver needs of one connection; a client of `pg` has it. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** The server's process, by which a running statement is cancelled. */
  readonly processID?: number | null;
}

export interface PooledClient extends PostgresClient {
  /** Gives the connection back; with an error it is closed instead. */
  release(error?: Error | boolean): void;
}

/** What the driver needs of a connection pool; a `Pool` of `pg` has it. */
export interface PostgresPool {
  connect(): Promise<PooledClient>;
}
