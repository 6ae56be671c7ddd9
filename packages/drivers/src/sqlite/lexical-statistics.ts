import type { CorpusStatistics, Filter } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { passes } from "./rescore.ts";
import { boundedTerm } from "./lexical-entries.ts";
import { documentFrequency, eachPosting } from "./postings.ts";
import type { Scopes } from "./scopes.ts";

/** Document frequencies within one scope, or all (undefined). */
export function corpusStatistics(
  connection: Connection,
  scopes: Scopes,
  terms: readonly string[],
  scopeNo: number | undefined,
  filter: Filter | undefined,
): CorpusStatistics {
  const allowed = filter && matchingDocuments(connection, scopeNo, filter);
  const frequencies = new Map<string, number>();
  for (const term of terms) {
    if (!isTerm(term)) {
      frequencies.set(term, 0);
      continue;
    }
    const indexed = boundedTerm(term);
    frequencies.set(
      term,
      allowed === undefined
        ? documentFrequency(connection, indexed, scopeNo)
        : countAllowed(connection, indexed, scopeNo, allowed),
    );
  }
  return { documents: allowed?.size ?? scopes.figures(scopeNo).entries, frequencies };
}

function matchingDocuments(
  connection: Connection,
  scopeNo: number | undefined,
  filter: Filter,
): Set<number> {
  const sql = `SELECT no, metadata FROM documents WHERE terms IS NOT NULL AND ${scopeNo === undefined ? "?1 IS NULL" : "scope_no = ?1"}`;
  const numbers = new Set<number>();
  for (const row of connection.prepare(sql).iterate(scopeNo ?? null)) {
    if (passes(row, filter)) numbers.add(row["no"] as number);
  }
  return numbers;
}

function countAllowed(
  connection: Connection,
  term: string,
  scopeNo: number | undefined,
  allowed: ReadonlySet<number>,
): number {
  let found = 0;
  eachPosting(connection, term, scopeNo, (no) => {
    if (allowed.has(no)) found++;
  });
  return found;
}

/** Anything else is in no text, and would be read as FTS5's query language. */
function isTerm(term: string): boolean {
  return /^[\p{L}\p{N}\p{M}]+$/u.test(term);
}
