import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import type { VectorRequest } from "./query-requests.ts";
import type { Candidates } from "./rescore.ts";
import { norm, score } from "../shared/similarity.ts";
import { fromBlob } from "./vector-entries.ts";

/** Below this, all rows at once are read faster than one by one. */
const smallScan = 2000;

/**
 * Exact scores of every vector in the request's reach, read from the file.
 * @param live how many vectors the searched scope has
 */
export function exactCandidates(
  connection: Connection,
  request: VectorRequest,
  live: number,
): Candidates {
  const seqs: number[] = [];
  const scores: number[] = [];
  const queryNorm = norm(request.vector);
  for (const row of vectorRows(connection, request, live)) {
    seqs.push(row["seq"] as number);
    const stored = fromBlob(row["vector"] as Uint8Array);
    scores.push(score(request.metric, request.vector, queryNorm, stored));
  }
  return {
    bounds: Float64Array.from(scores),
    areScores: true,
    seqAt: (i) => seqs[i] as number,
    drop: () => {},
  };
}

function* vectorRows(
  connection: Connection,
  { table, scopeNo, documents }: VectorRequest,
  live: number,
): Iterable<Row> {
  if (documents !== undefined) {
    const statement = connection.prepare(`SELECT seq, vector FROM ${table} WHERE document_no = ?`);
    for (const no of documents) {
      const row = statement.get(no);
      if (row !== undefined) yield row;
    }
    return;
  }
  const sql = `SELECT seq, vector FROM ${table} WHERE ${scopeNo === undefined ? "?1 IS NULL" : "scope_no = ?1"}`;
  const statement = connection.prepare(sql);
  yield* live <= smallScan ? statement.all(scopeNo ?? null) : statement.iterate(scopeNo ?? null);
}
