import {
  checkKey,
  type CallOptions,
  type DocumentKey,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
} from "@palimpsest/core";
import { checkAfter, checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection, Row } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import { filterSql, Parameters } from "./filter-sql.ts";
import { keyArrays } from "./outbox.ts";

/** One page of an index's keys and revisions. @param source what follows FROM, ending in a condition */
export async function indexPage(
  connection: Connection,
  source: { readonly columns: string; readonly from: string },
  options: IndexScanOptions,
): Promise<IndexPage> {
  checkCount(options.limit, "limit", 1, 10_000);
  const scope = selectedScope(options);
  const { after, limit } = options;
  checkAfter(scope, after);
  const parameters = new Parameters([limit + 1]);
  const within = scope === undefined ? "TRUE" : `x.scope = ${parameters.add(scope)}::text`;
  const beyond =
    after === undefined
      ? "TRUE"
      : `(x.scope, x.id) > (${parameters.add(after.scope)}::text, ${parameters.add(after.id)}::text)`;
  const sql = `SELECT x.scope, x.id, ${source.columns} FROM ${source.from}
    AND ${within} AND ${beyond} ORDER BY x.scope, x.id LIMIT $1::integer`;
  const rows = await connection.query(sql, parameters.values, options);
  const entries = rows.slice(0, limit).map((row: Row) => ({
    scope: row["scope"] as string,
    id: row["id"] as string,
    revision: revisionOf(row),
  }));
  const last = rows.length > limit ? entries.at(-1) : undefined;
  return { entries, next: last && { scope: last.scope, id: last.id } };
}

/** A query's restriction as a condition on `documents d`, apart from its scope. */
export function restrictionSql(
  restriction: CallOptions & IndexRestriction,
  parameters: Parameters,
): string {
  const filter = checkedFilter(restriction.filter);
  const parts = filter === undefined ? [] : [filterSql(filter, "d.metadata", parameters)];
  if (restriction.keys !== undefined) parts.push(keysSql(restriction.keys, parameters));
  return parts.length === 0 ? "TRUE" : parts.join(" AND ");
}

function keysSql(keys: readonly DocumentKey[], parameters: Parameters): string {
  for (const key of keys) checkKey(key);
  const [scopes, ids] = keyArrays(keys);
  return `(d.scope, d.id) IN (SELECT * FROM unnest(${parameters.add(scopes)}::text[], ${parameters.add(ids)}::text[]))`;
}
