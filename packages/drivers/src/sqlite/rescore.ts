import { type Filter, type IndexHit, matchesFilter } from "@palimpsest/core";
import { BestHits } from "./best-hits.ts";
import { descending } from "./candidate-order.ts";
import type { Connection } from "./connection.ts";
import { metadataOf, type Row, revisionOf } from "./document-rows.ts";
import type { VectorRequest } from "./query-requests.ts";
import { norm, score } from "../shared/similarity.ts";
import { fromBlob } from "./vector-entries.ts";
import type { VectorTable } from "./vector-tables.ts";

/** Vectors that may be near, each with a value that its score does not exceed. */
export interface Candidates {
  readonly bounds: Float64Array;
  /** The bounds are exact scores already. */
  readonly areScores: boolean;
  seqAt(index: number): number;
  /** Told that the candidate's vector is gone. */
  drop(index: number): void;
}

/** Candidates read beyond the k that are needed at least, and in each further round. */
const spare = 4;
const filteredRound = 256;

/** The exact best of the candidates: reads only those whose bound still reaches the k-th score. */
export function rescore(
  connection: Connection,
  request: VectorRequest,
  candidates: Candidates,
): IndexHit[] {
  const { k, filter, metric, vector } = request;
  const best = new BestHits(k);
  const queryNorm = norm(vector);
  const exactScore = (row: Row): number =>
    score(metric, vector, queryNorm, fromBlob(row["vector"] as Uint8Array));
  const order = descending(candidates.bounds, k + 64);
  let size = filter === undefined ? k + spare : Math.max(k, filteredRound);
  for (;;) {
    const round = take(order, size, (i) => isPromising(candidates.bounds[i] as number, best));
    const seqs = round.map((i) => candidates.seqAt(i));
    const wanted = filter === undefined ? seqs : passing(connection, request.table, seqs, filter);
    const scoreOf = candidates.areScores ? knownScores(candidates, round) : exactScore;
    const rows = read(connection, request.table, candidates.areScores ? keys : entries, wanted);
    for (const row of rows) best.add(toHit(row, scoreOf(row)));
    if (filter === undefined && rows.length < round.length) dropMissing(candidates, round, rows);
    if (round.length < size) return best.list();
    size = filter === undefined ? 4 * spare : filteredRound;
  }
}

function knownScores(candidates: Candidates, round: readonly number[]): (row: Row) => number {
  const scores = new Map(
    round.map((i) => [candidates.seqAt(i), candidates.bounds[i] as number] as const),
  );
  return (row) => scores.get(row["seq"] as number) as number;
}

function isPromising(bound: number, best: BestHits): boolean {
  return bound !== -Infinity && bound >= best.threshold;
}

/** The next of an order up to `size`, ending with the first that is not wanted. */
export function take(
  order: Iterator<number>,
  size: number,
  isWanted: (index: number) => boolean,
): number[] {
  const taken: number[] = [];
  while (taken.length < size) {
    const next = order.next();
    if (next.done === true || !isWanted(next.value)) break;
    taken.push(next.value);
  }
  return taken;
}

const keys = "v.seq, v.epoch, v.counter, d.id, s.scope";
const entries = `${keys}, v.vector`;
const metadata = "v.seq, d.metadata";

/** One statement for many rows costs half of one for each. */
function read(
  connection: Connection,
  table: VectorTable,
  columns: string,
  seqs: readonly number[],
): Row[] {
  const scopes = columns === metadata ? "" : "JOIN scopes s ON s.no = v.scope_no";
  const sql = `SELECT ${columns} FROM json_each(?) j CROSS JOIN ${table} v ON v.seq = j.value
    JOIN documents d ON d.no = v.document_no ${scopes}`;
  return connection.prepare(sql).all(JSON.stringify(seqs));
}

/** A filter turns most candidates away, so their vectors are not read. */
function passing(
  connection: Connection,
  table: VectorTable,
  seqs: readonly number[],
  filter: Filter,
): number[] {
  return read(connection, table, metadata, seqs)
    .filter((row) => passes(row, filter))
    .map((row) => row["seq"] as number);
}

function dropMissing(candidates: Candidates, round: readonly number[], rows: readonly Row[]): void {
  const present = new Set(rows.map((row) => row["seq"]));
  for (const i of round) if (!present.has(candidates.seqAt(i))) candidates.drop(i);
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
