import type { IndexHit } from "@palimpsest/core";
import { BestHits } from "./best-hits.ts";
import { inverseFrequency, termWeight } from "./bm25.ts";
import { descending } from "./candidate-order.ts";
import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import { passes, toHit } from "./exact-scan.ts";
import { scopedTerm } from "./lexical-entries.ts";
import type { LexicalRequest } from "./query-requests.ts";
import type { ScopeFigures } from "./scopes.ts";

/** Ranks by BM25 with the figures of the searched scope, so tenants do not influence each other. */
export function queryLexical(
  connection: Connection,
  figures: ScopeFigures,
  request: LexicalRequest,
): IndexHit[] {
  const scores = new Map<number, number>();
  const lengths = new LengthReader(connection);
  const average = figures.terms / figures.entries;
  for (const term of request.terms) {
    const frequencies = postings(connection, term, request.scopeNo);
    const weight = inverseFrequency(figures.entries, frequencies.size);
    for (const [no, frequency] of frequencies) {
      const gain = weight * termWeight(frequency, lengths.of(no), average);
      scores.set(no, (scores.get(no) ?? 0) + gain);
    }
  }
  return best(connection, scores, request);
}

/** How often the term occurs in each document that has it. */
export function postings(
  connection: Connection,
  term: string,
  scopeNo: number | undefined,
): Map<number, number> {
  const rows =
    scopeNo === undefined
      ? connection
          .prepare("SELECT doc FROM postings WHERE term >= ? AND term <= ?")
          .iterate(`${term}_`, `${term}_:`)
      : connection
          .prepare("SELECT doc FROM postings WHERE term = ?")
          .iterate(scopedTerm(term, scopeNo));
  const frequencies = new Map<number, number>();
  for (const row of rows) {
    const no = row["doc"] as number;
    frequencies.set(no, (frequencies.get(no) ?? 0) + 1);
  }
  return frequencies;
}

class LengthReader {
  readonly #connection: Connection;
  readonly #lengths = new Map<number, number>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  of(no: number): number {
    let length = this.#lengths.get(no);
    if (length === undefined) {
      const row = this.#connection.prepare("SELECT terms FROM documents WHERE no = ?").get(no);
      length = (row?.["terms"] as number | null | undefined) ?? 0;
      this.#lengths.set(no, length);
    }
    return length;
  }
}

function best(
  connection: Connection,
  scores: ReadonlyMap<number, number>,
  request: LexicalRequest,
): IndexHit[] {
  const allowed = request.documents && new Set(request.documents);
  const found = [...scores].filter(([no]) => allowed === undefined || allowed.has(no));
  const bounds = Float64Array.from(found, ([, score]) => score);
  const hits = new BestHits(request.k);
  for (const i of descending(bounds, 2 * request.k + 64)) {
    const [no, score] = found[i] as [number, number];
    if (score < hits.threshold) break;
    const row = readEntry(connection, no);
    if (row !== undefined && passes(row, request.filter)) hits.add(toHit(row, score));
  }
  return hits.list();
}

function readEntry(connection: Connection, no: number): Row | undefined {
  return connection
    .prepare(
      `SELECT coalesce(l.epoch, d.epoch) AS epoch, coalesce(l.counter, d.counter) AS counter, d.id,
        d.metadata, s.scope FROM documents d JOIN scopes s ON s.no = d.scope_no
        LEFT JOIN lexical_strays l ON l.document_no = d.no WHERE d.no = ?`,
    )
    .get(no);
}
