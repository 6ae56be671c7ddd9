import { filterSql, Parameters } from "./filter-sql.ts";
import { scopePrefix, scopePrefixSql } from "./term-entry.ts";
import type { Tables } from "./tables.ts";
import type { Filter } from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** How soon repeats of a term stop counting, and how much a text's length does: BM25's usual values. */
const k1 = 1.2;
const b = 0.75;

/** Which terms to look for where; `scope` undefined for all. */
export interface TermRequest {
  readonly scope: string | undefined;
  /** Distinct, without prefix. */
  readonly terms: readonly string[];
}

interface Source {
  /** `documents d` with one row per document and term `q.i` that it may have. */
  readonly from: string;
  readonly where: string;
  readonly scope: string;
}

/**
 * The postings of the terms. A scope's own terms have its prefix, so the index finds them alone; for
 * all scopes each document is asked with its own prefix, which costs as much as reading all of them.
 */
function postings(tables: Tables, request: TermRequest, parameters: Parameters): Source {
  const { scope, terms } = request;
  const prefix = scope === undefined ? "" : scopePrefix(scope);
  const keys = `${parameters.add(arrayLiteral(terms.map((term) => prefix + term)))}::text[]`;
  const term = `unnest(${keys}) WITH ORDINALITY AS q (term, i)`;
  if (scope === undefined) {
    return {
      from: `${tables.documents} d CROSS JOIN LATERAL (SELECT ${scopePrefixSql} AS prefix OFFSET 0) p
        CROSS JOIN ${term} CROSS JOIN LATERAL
        (SELECT array_position(d.terms, p.prefix || q.term) AS at) a`,
      where: "d.terms IS NOT NULL AND a.at IS NOT NULL",
      scope: "TRUE",
    };
  }
  const within = `d.scope = ${parameters.add(scope)}::text`;
  return {
    from: `${tables.documents} d CROSS JOIN ${term} CROSS JOIN LATERAL
      (SELECT array_position(d.terms, q.term) AS at) a`,
    where: `${within} AND d.terms && ${keys} AND a.at IS NOT NULL`,
    scope: within,
  };
}

/** Entries and their lengths: live documents from their index alone, strays from the few there are. */
function figures(tables: Tables, within: string): string {
  return `SELECT count(length)::float8 AS entries, coalesce(sum(length), 0)::float8 AS terms FROM (
    SELECT d.length FROM ${tables.documents} d WHERE ${within} AND d.state = 0
    UNION ALL SELECT d.length FROM ${tables.documents} d WHERE ${within} AND d.state = 2) AS lengths`;
}

/** BM25 of every document with a term; the statistics are the scope's, whatever restricts the hits. */
export function rankedQuery(
  tables: Tables,
  request: TermRequest & { readonly k: number },
  restriction: (parameters: Parameters) => string,
): Statement {
  const parameters = new Parameters();
  const { from, where, scope } = postings(tables, request, parameters);
  const text = `WITH found AS MATERIALIZED (
      SELECT d.scope, d.id, coalesce(d.term_epoch, d.epoch) AS epoch,
        coalesce(d.term_counter, d.counter) AS counter, d.length::float8 AS length, q.i,
        coalesce(d.frequencies[a.at], 1)::float8 AS frequency, ${restriction(parameters)} AS allowed
      FROM ${from} WHERE ${where}),
    figures AS MATERIALIZED (${figures(tables, scope)}),
    rarities AS (SELECT f.i, ln(1 + (s.entries - count(*) + 0.5) / (count(*) + 0.5)) AS rarity
      FROM found f CROSS JOIN figures s GROUP BY f.i, s.entries)
    SELECT f.scope, f.id, f.epoch, f.counter,
      sum(r.rarity * f.frequency * ${k1 + 1} / (f.frequency
        + ${k1} * (${1 - b} + ${b} * f.length * s.entries / s.terms)) ORDER BY f.i) AS score
    FROM found f JOIN rarities r USING (i) CROSS JOIN figures s WHERE f.allowed
    GROUP BY f.scope, f.id, f.epoch, f.counter
    ORDER BY score DESC, f.scope, f.id LIMIT ${parameters.add(request.k)}::integer`;
  return { text, values: parameters.values };
}

/** Rows of (i, count), `i` from 1 by term, and one with i = 0 for the number of entries. */
export function frequencyQuery(
  tables: Tables,
  request: TermRequest,
  filter: Filter | undefined,
): Statement {
  const parameters = new Parameters();
  const { from, where, scope } = postings(tables, request, parameters);
  const allowed = filter === undefined ? "TRUE" : filterSql(filter, "d.metadata", parameters);
  const entries =
    filter === undefined
      ? `SELECT 0::bigint AS i, entries::bigint AS count FROM (${figures(tables, scope)}) AS s`
      : `SELECT 0::bigint AS i, count(*) AS count FROM ${tables.documents} d
          WHERE ${scope} AND d.length IS NOT NULL AND ${allowed}`;
  const text = `SELECT q.i, count(*) AS count FROM ${from} WHERE ${where} AND ${allowed} GROUP BY q.i
    UNION ALL ${entries}`;
  return { text, values: parameters.values };
}
