import { type Filter, type IndexHit, matchesFilter } from "@palimpsest/core";
import { BestHits } from "./best-hits.ts";
import { descending } from "./candidate-order.ts";
import type { Connection } from "./connection.ts";
import { metadataOf, type Row, revisionOf } from "./document-rows.ts";
import type { VectorRequest } from "./query-requests.ts";
import { norm, score } from "./similarity.ts";
import { fromBlob } from "./vector-entries.ts";

/** Vectors that may be near, each with a value that its score does not exceed. */
export interface Candidates {
  readonly bounds: Float64Array;
  seqAt(index: number): number;
  /** Told that the candidate's vector is gone. */
  drop(index: number): void;
}

/** The exact best of the candidates: reads only those whose bound still reaches the k-th score. */
export function rescore(
  connection: Connection,
  request: VectorRequest,
  candidates: Candidates,
): IndexHit[] {
  const best = new BestHits(request.k);
  const queryNorm = norm(request.vector);
  for (const i of descending(candidates.bounds, request.k + 64)) {
    const bound = candidates.bounds[i] as number;
    if (bound === -Infinity || bound < best.threshold) break;
    const seq = candidates.seqAt(i);
    const row = readEntry(connection, seq);
    if (row === undefined) candidates.drop(i);
    else if (passes(row, request.filter)) {
      const stored = readVector(connection, seq);
      best.add(toHit(row, score(request.metric, request.vector, queryNorm, stored)));
    }
  }
  return best.list();
}

function readEntry(connection: Connection, seq: number): Row | undefined {
  return connection
    .prepare(
      `SELECT v.epoch, v.counter, d.id, d.metadata, s.scope FROM vectors v
        JOIN documents d ON d.no = v.document_no JOIN scopes s ON s.no = v.scope_no WHERE v.seq = ?`,
    )
    .get(seq);
}

/** Apart from the rest, because a filter turns most candidates away unread. */
function readVector(connection: Connection, seq: number): Float32Array {
  const row = connection.prepare("SELECT vector FROM vectors WHERE seq = ?").get(seq);
  return fromBlob(row?.["vector"] as Uint8Array);
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
