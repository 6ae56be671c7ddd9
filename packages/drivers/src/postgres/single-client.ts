import type { PooledClient, PostgresClient, PostgresPool } from "./postgres-client.ts";

/** A pool of one connection: callers wait for one another, in order. */
export class SingleClient implements PostgresPool {
  readonly #client: PostgresClient;
  #last: Promise<void> = Promise.resolve();

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  async connect(): Promise<PooledClient> {
    const before = this.#last;
    let release: (() => void) | undefined;
    this.#last = new Promise((settle) => {
      release = settle;
    });
    await before;
    const client = this.#client;
    return {
      query: (query) => client.query(query),
      processID: client.processID ?? null,
      release: () => release?.(),
    };
  }
}
