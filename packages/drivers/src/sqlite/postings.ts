import type { Connection } from "./connection.ts";
import { scopedTerm } from "./lexical-entries.ts";

/** Number of documents with the term, in one scope or all (undefined). */
export function documentFrequency(
  connection: Connection,
  term: string,
  scopeNo: number | undefined,
): number {
  // Terms hold letters, digits and marks only, so quoting is enough for FTS5's query language.
  const query = scopeNo === undefined ? `"${term}_" *` : `"${scopedTerm(term, scopeNo)}"`;
  const row = connection
    .prepare("SELECT count(*) AS documents FROM lexical WHERE lexical MATCH ?")
    .get(query);
  return row?.["documents"] as number;
}

/** Calls `visit` with each document that has the term and how often. */
export function eachPosting(
  connection: Connection,
  term: string,
  scopeNo: number | undefined,
  visit: (no: number, frequency: number) => void,
): void {
  const occurrences =
    scopeNo === undefined ? ofAllScopes(connection, term) : ofScope(connection, term, scopeNo);
  let start = 0;
  // Occurrences of one document lie side by side.
  for (let i = 1; i <= occurrences.length; i++) {
    if (i < occurrences.length && occurrences[i] === occurrences[start]) continue;
    visit(occurrences[start] as number, i - start);
    start = i;
  }
}

/** One JSON text instead of a row each: a common term has as many occurrences as documents. */
function ofScope(connection: Connection, term: string, scopeNo: number): number[] {
  const sql = "SELECT json_group_array(doc) AS documents FROM postings WHERE term = ?";
  return parse(connection.prepare(sql).get(scopedTerm(term, scopeNo)));
}

/** Digits follow the `_`, and `:` follows the digits. */
function ofAllScopes(connection: Connection, term: string): number[] {
  const sql =
    "SELECT json_group_array(doc) AS documents FROM postings WHERE term >= ? AND term < ?";
  return parse(connection.prepare(sql).get(`${term}_`, `${term}_:`));
}

/** Terms per indexed document: read one by one, or for the whole scope when many are wanted. */
export function readLengths(
  connection: Connection,
  numbers: readonly number[],
  scopeNo: number | undefined,
  entries: number,
): Map<number, number> {
  const rows =
    numbers.length * 4 < entries
      ? connection
          .prepare(
            `SELECT json_group_array(d.no) AS documents, json_group_array(d.terms) AS lengths
              FROM json_each(?) j CROSS JOIN documents d ON d.no = j.value`,
          )
          .get(JSON.stringify(numbers))
      : connection
          .prepare(
            `SELECT json_group_array(no) AS documents, json_group_array(terms) AS lengths
              FROM documents WHERE terms IS NOT NULL AND ${scopeNo === undefined ? "?1 IS NULL" : "scope_no = ?1"}`,
          )
          .get(scopeNo ?? null);
  const lengths = JSON.parse(rows?.["lengths"] as string) as number[];
  return new Map(parse(rows).map((no, i) => [no, lengths[i] as number]));
}

function parse(row: Record<string, unknown> | undefined): number[] {
  return JSON.parse(row?.["documents"] as string) as number[];
}
