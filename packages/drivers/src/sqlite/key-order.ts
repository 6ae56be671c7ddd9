import { setImmediate } from "node:timers/promises";
import { compareKeys, type DocumentKey, throwIfAborted } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import type { Scopes } from "./scopes.ts";

/** Constant SQL parts of a walk: what to select, what to join and which documents count. */
export interface WalkQuery {
  readonly columns: string;
  readonly join: string;
  readonly where: string;
}

/** Rows read in one go before other work of the process gets its turn. */
const chunk = 2000;

/**
 * Rows of documents in key order after a key: one scope, or all (undefined). Scope numbers are not in
 * scope order, hence a walk of all scopes goes through the scopes' own index.
 */
export function* walk(
  connection: Connection,
  scopes: Scopes,
  query: WalkQuery,
  scope: string | undefined,
  after: DocumentKey | undefined,
): Generator<Row> {
  const { columns, join, where } = query;
  const from = scope ?? after?.scope;
  const scopeNo = from === undefined ? undefined : scopes.find(from);
  if (scopeNo !== undefined) {
    const sql = `SELECT ${columns} FROM documents d ${join}
      WHERE d.scope_no = ?1 AND d.id > ?2 AND ${where} ORDER BY d.id`;
    for (const row of connection.prepare(sql).iterate(scopeNo, after?.id ?? "")) {
      yield { ...row, scope: from ?? "" };
    }
  }
  if (scope !== undefined) return;
  const sql = `SELECT s.scope, ${columns} FROM scopes s CROSS JOIN documents d ON d.scope_no = s.no ${join}
    WHERE ${from === undefined ? "?1 IS NULL" : "s.scope > ?1"} AND ${where} ORDER BY s.scope, d.id`;
  yield* connection.prepare(sql).iterate(from ?? null);
}

/** The first `count` rows; ends the walk, so that its statements are free again. */
export function firstRows(rows: Iterable<Row>, count: number): Row[] {
  const taken: Row[] = [];
  for (const row of rows) {
    taken.push(row);
    if (taken.length === count) break;
  }
  return taken;
}

export function keyOf(row: Row): DocumentKey {
  return { scope: row["scope"] as string, id: row["id"] as string };
}

/** A whole walk in pages, with a turn of the event loop between them; each page is a snapshot. */
export async function* walkInTurns(
  connection: Connection,
  scopes: Scopes,
  query: WalkQuery,
  scope: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row[]> {
  let after: DocumentKey | undefined;
  for (;;) {
    throwIfAborted(signal);
    const start = after;
    const rows = connection.read(() =>
      firstRows(walk(connection, scopes, query, scope, start), chunk),
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < chunk) return;
    after = keyOf(last);
    await setImmediate();
  }
}

export function isWithin(
  key: DocumentKey,
  after: DocumentKey | undefined,
  upTo: DocumentKey | undefined,
): boolean {
  if (after !== undefined && compareKeys(key, after) <= 0) return false;
  return upTo === undefined || compareKeys(key, upTo) <= 0;
}
