import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import type { VectorRequest } from "./query-requests.ts";
import type { Candidates } from "./rescore.ts";
import { norm, score } from "./similarity.ts";
import { fromBlob } from "./vector-entries.ts";

/** Exact scores of every vector in the request's reach, read from the file. */
export function exactCandidates(connection: Connection, request: VectorRequest): Candidates {
  const seqs: number[] = [];
  const bounds: number[] = [];
  const queryNorm = norm(request.vector);
  for (const row of vectorRows(connection, request)) {
    seqs.push(row["seq"] as number);
    const stored = fromBlob(row["vector"] as Uint8Array);
    bounds.push(score(request.metric, request.vector, queryNorm, stored));
  }
  return { bounds: Float64Array.from(bounds), seqAt: (i) => seqs[i] as number, drop: () => {} };
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
