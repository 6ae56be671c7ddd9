import { checkKey, type DocumentKey, type IndexHit, throwIfAborted } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { documentNumbers } from "./index-rows.ts";
import type { QueryRequest } from "./query-requests.ts";
import type { QueryRunner } from "./query-runner.ts";
import type { ScanClient } from "./scan-client.ts";
import type { Scopes } from "./scopes.ts";

export interface QueryPlannerParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly inline: QueryRunner;
  readonly worker: ScanClient;
  /** Entries that the calling thread still scans itself. */
  readonly inlineLimit: number;
}

/** Decides where a query runs: at once on the calling thread, or in the worker when it scans much. */
export class QueryPlanner {
  readonly #parts: QueryPlannerParts;

  constructor(parts: QueryPlannerParts) {
    this.#parts = parts;
  }

  /** @returns undefined when nothing can match */
  target(
    scope: string | undefined,
    keys: readonly DocumentKey[] | undefined,
  ): Pick<QueryRequest, "scopeNo" | "documents"> | undefined {
    const { connection, scopes } = this.#parts;
    for (const key of keys ?? []) checkKey(key);
    return connection.read(() => {
      const scopeNo = scope === undefined ? undefined : scopes.find(scope);
      if (scope !== undefined && scopeNo === undefined) return undefined;
      return { scopeNo, documents: keys && documentNumbers(connection, scopes, keys, scope) };
    });
  }

  async run(request: QueryRequest, signal: AbortSignal | undefined): Promise<IndexHit[]> {
    throwIfAborted(signal);
    const { inline, worker, inlineLimit } = this.#parts;
    if (!worker.isUsable || this.#reach(request) <= inlineLimit) return inline.run(request);
    try {
      return await worker.query(request, signal);
    } catch (error) {
      if (worker.isUsable) throw error;
      return inline.run(request);
    }
  }

  /** How many entries the query may have to look at. */
  #reach(request: QueryRequest): number {
    const { connection, scopes } = this.#parts;
    const { scopeNo } = request;
    if (request.kind === "lexical") return connection.read(() => scopes.figures(scopeNo)).entries;
    if (request.documents !== undefined) return request.documents.length;
    return connection.read(() => scopes.vectorCount(request.table, scopeNo));
  }
}
