import type { DocumentKey, IndexHit } from "@palimpsest/core";
import { checkKey, throwIfAborted } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { documentNumbers } from "./index-rows.ts";
import type { QueryRequest } from "./query-requests.ts";
import { QueryRunner } from "./query-runner.ts";
import type { Scopes } from "./scopes.ts";

/** Decides where a query runs: at once on the calling thread, or in the worker when it scans much. */
export class QueryPlanner {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #inline: QueryRunner;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#inline = new QueryRunner(connection, scopes);
  }

  /** @returns undefined when nothing can match */
  target(
    scope: string | undefined,
    keys: readonly DocumentKey[] | undefined,
  ): Pick<QueryRequest, "scopeNo" | "documents"> | undefined {
    for (const key of keys ?? []) checkKey(key);
    return this.#connection.read(() => {
      const scopeNo = scope === undefined ? undefined : this.#scopes.find(scope);
      if (scope !== undefined && scopeNo === undefined) return undefined;
      const documents = keys && documentNumbers(this.#connection, this.#scopes, keys, scope);
      return { scopeNo, documents };
    });
  }

  async run(request: QueryRequest, signal: AbortSignal | undefined): Promise<IndexHit[]> {
    throwIfAborted(signal);
    return this.#inline.run(request);
  }
}
