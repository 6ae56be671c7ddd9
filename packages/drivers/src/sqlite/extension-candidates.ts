import type { Connection } from "./connection.ts";
import type { VectorRequest } from "./query-requests.ts";
import type { Candidates } from "./rescore.ts";
import { scoreBound } from "./score-bound.ts";
import { norm } from "../shared/similarity.ts";

/** Lengths whose squares and products single precision holds well; others are rescored in any case. */
const shortest = 1e-9;
const longest = 1e9;
/** More than single precision sums lose per dimension, relative to the product of the lengths. */
const errorPerDimension = 4e-7;

/**
 * Bounds from sqlite-vec's distances, computed inside SQLite in single precision.
 * @returns undefined when the query's length is out of that precision's range
 */
export function extensionCandidates(
  connection: Connection,
  request: VectorRequest,
): Candidates | undefined {
  const queryNorm = norm(request.vector);
  if (!isSafe(queryNorm)) return undefined;
  const error = request.vector.length * errorPerDimension;
  const seqs: number[] = [];
  const bounds: number[] = [];
  const query = new Uint8Array(
    request.vector.buffer,
    request.vector.byteOffset,
    request.vector.byteLength,
  );
  const sql = `SELECT seq, norm, vec_distance_cosine(vector, ?1) AS distance FROM ${request.table}
    WHERE ${request.scopeNo === undefined ? "?2 IS NULL" : "scope_no = ?2"}`;
  for (const row of connection.prepare(sql).all(query, request.scopeNo ?? null)) {
    const rowNorm = row["norm"] as number;
    const distance = row["distance"] as number | null;
    const cosine = isSafe(rowNorm) && distance !== null ? 1 - distance + error : 1;
    seqs.push(row["seq"] as number);
    bounds.push(scoreBound(request.metric, cosine, queryNorm, rowNorm));
  }
  return {
    bounds: Float64Array.from(bounds),
    areScores: false,
    seqAt: (i) => seqs[i] as number,
    drop: () => {},
  };
}

function isSafe(length: number): boolean {
  return length > shortest && length < longest;
}
