import type { IndexHit } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { exactCandidates, rescore } from "./exact-scan.ts";
import { queryLexical } from "./lexical-query.ts";
import type { QueryRequest } from "./query-requests.ts";
import { Scopes } from "./scopes.ts";

/** Answers queries on one connection, each on one snapshot; the same code on either thread. */
export class QueryRunner {
  readonly #connection: Connection;
  readonly #scopes: Scopes;

  constructor(connection: Connection, scopes: Scopes = new Scopes(connection)) {
    this.#connection = connection;
    this.#scopes = scopes;
  }

  run(request: QueryRequest): IndexHit[] {
    if (request.k === 0) return [];
    return this.#connection.read(() => {
      if (request.kind === "lexical") {
        return queryLexical(this.#connection, this.#scopes.figures(request.scopeNo), request);
      }
      return rescore(this.#connection, request, exactCandidates(this.#connection, request));
    });
  }
}
