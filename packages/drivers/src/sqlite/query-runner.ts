import type { IndexHit } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { exactCandidates } from "./exact-candidates.ts";
import { queryLexical } from "./lexical-query.ts";
import { extensionCandidates } from "./extension-candidates.ts";
import type { MatrixCache } from "./matrix-cache.ts";
import type { QueryRequest, VectorRequest } from "./query-requests.ts";
import { type Candidates, rescore } from "./rescore.ts";
import { Scopes } from "./scopes.ts";

export interface QueryRunnerOptions {
  readonly connection: Connection;
  readonly scopes?: Scopes;
  /** Kept matrices; without them every vector of the scope is read for each query. */
  readonly matrices?: MatrixCache;
  /** Whether sqlite-vec is loaded into the connection. */
  readonly hasExtension: boolean;
}

/** Answers queries on one connection, each on one snapshot; the same code on either thread. */
export class QueryRunner {
  readonly #options: QueryRunnerOptions;
  readonly #scopes: Scopes;

  constructor(options: QueryRunnerOptions) {
    this.#options = options;
    this.#scopes = options.scopes ?? new Scopes(options.connection);
  }

  run(request: QueryRequest): IndexHit[] {
    const { connection } = this.#options;
    if (request.k === 0) return [];
    return connection.read(() => {
      if (request.kind === "vector") return rescore(connection, request, this.#candidates(request));
      return queryLexical(connection, this.#scopes.figures(request.scopeNo), request);
    });
  }

  #candidates(request: VectorRequest): Candidates {
    const { connection, matrices, hasExtension } = this.#options;
    const live = this.#scopes.vectorCount(request.table, request.scopeNo);
    if (request.documents !== undefined) return exactCandidates(connection, request, live);
    const matrix = matrices?.get(request.table, request.scopeNo, live, request.vector.length);
    if (matrix !== undefined) {
      return {
        bounds: matrix.bounds(request.metric, request.vector),
        areScores: false,
        seqAt: (i) => matrix.seqAt(i),
        drop: (i) => matrix.drop(i),
      };
    }
    // When many rows would be read again for their exact score, reading all of them once is quicker.
    const isSelective = request.k * 4 < live;
    const quick =
      hasExtension && isSelective ? extensionCandidates(connection, request) : undefined;
    return quick ?? exactCandidates(connection, request, live);
  }
}
