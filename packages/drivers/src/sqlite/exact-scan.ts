import { type Filter, type IndexHit, matchesFilter } from "@palimpsest/core";
import { BestHits } from "./best-hits.ts";
import { descending } from "./candidate-order.ts";
import type { Connection } from "./connection.ts";
import { metadataOf, type Row, revisionOf } from "./document-rows.ts";
import type { VectorRequest } from "./query-requests.ts";
import { norm, score } from "./similarity.ts";
import { fromBlob } from "./vector-entries.ts";

/** Vectors that may be near, with a value no score of theirs exceeds. */
export interface Candidates {
  readonly seqs: ArrayLike<number>;
  readonly bounds: Float64Array;
}

/** The exact best of the candidates: reads only those whose bound still reaches the k-th score. */
export function rescore(
  connection: Connection,
  request: VectorRequest,
  candidates: Candidates,
): IndexHit[] {
  const best = new BestHits(request.k);
  const queryNorm = norm(request.vector);
  for (const i of descending(candidates.bounds, 4 * request.k + 64)) {
    if ((candidates.bounds[i] as number) < best.threshold) break;
    const row = readEntry(connection, candidates.seqs[i] as number);
    if (row === undefined || !passes(row, request.filter)) continue;
    const stored = fromBlob(row["vector"] as Uint8Array);
    best.add(toHit(row, score(request.metric, request.vector, queryNorm, stored)));
  }
  return best.list();
}

function readEntry(connection: Connection, seq: number): Row | undefined {
  return connection
    .prepare(
      `SELECT v.vector, v.epoch, v.counter, d.id, d.metadata, s.scope FROM vectors v
        JOIN documents d ON d.no = v.document_no JOIN scopes s ON s.no = v.scope_no WHERE v.seq = ?`,
    )
    .get(seq);
}

export function toHit(row: Row, hitScore: number): IndexHit {
  return {
    scope: row["scope"] as string,
    id: row["id"] as string,
    revision: revisionOf(row),
    score: hitScore,
  };
}

export function passes(row: Row, filter: Filter | undefined): boolean {
  return filter === undefined || matchesFilter(filter, metadataOf(row));
}

/** Exact scores of every vector in the request's reach, in JavaScript. */
export function exactCandidates(connection: Connection, request: VectorRequest): Candidates {
  const seqs: number[] = [];
  const bounds: number[] = [];
  const queryNorm = norm(request.vector);
  for (const row of vectorRows(connection, request)) {
    seqs.push(row["seq"] as number);
    const stored = fromBlob(row["vector"] as Uint8Array);
    bounds.push(score(request.metric, request.vector, queryNorm, stored));
  }
  return { seqs, bounds: Float64Array.from(bounds) };
}

function* vectorRows(connection: Connection, { scopeNo, documents }: VectorRequest): Iterable<Row> {
  if (documents !== undefined) {
    const statement = connection.prepare("SELECT seq, vector FROM vectors WHERE document_no = ?");
    for (const no of documents) {
      const row = statement.get(no);
      if (row !== undefined) yield row;
    }
  } else if (scopeNo === undefined) {
    yield* connection.prepare("SELECT seq, vector FROM vectors").iterate();
  } else {
    yield* connection
      .prepare("SELECT seq, vector FROM vectors WHERE scope_no = ?")
      .iterate(scopeNo);
  }
}
