import {
  type DocumentKey,
  type IndexPage,
  type IndexScanOptions,
  type JsonObject,
  throwIfAborted,
} from "@palimpsest/core";
import { checkAfter, checkCount, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import { firstRows, walk, type WalkQuery } from "./key-order.ts";
import { state } from "./schema.ts";
import type { Scopes } from "./scopes.ts";
import type { VectorTable } from "./vector-tables.ts";

/** One page of an index's keys and revisions. */
export function indexPage(
  connection: Connection,
  scopes: Scopes,
  query: WalkQuery,
  options: IndexScanOptions,
): IndexPage {
  throwIfAborted(options.signal);
  checkCount(options.limit, "limit", 1, 10_000);
  const scope = selectedScope(options);
  checkAfter(scope, options.after);
  return connection.read(() => {
    const rows = firstRows(
      walk(connection, scopes, query, scope, options.after),
      options.limit + 1,
    );
    const entries = rows.slice(0, options.limit).map((row) => ({
      scope: row["scope"] as string,
      id: row["id"] as string,
      revision: revisionOf(row),
    }));
    const last = rows.length > options.limit ? entries.at(-1) : undefined;
    return { entries, next: last && { scope: last.scope, id: last.id } };
  });
}

/** Numbers of the documents under these keys; keys without any are left out. */
export function documentNumbers(
  connection: Connection,
  scopes: Scopes,
  keys: readonly DocumentKey[],
  scope: string | undefined,
): number[] {
  const find = connection.prepare("SELECT no FROM documents WHERE scope_no = ? AND id = ?");
  const numbers = new Set<number>();
  for (const key of keys) {
    const scopeNo = scope === undefined || scope === key.scope ? scopes.find(key.scope) : undefined;
    const row = scopeNo === undefined ? undefined : find.get(scopeNo, key.id);
    if (row !== undefined) numbers.add(row["no"] as number);
  }
  return [...numbers];
}

/** A row to hang an index entry on when no record has its key. Belongs into a write transaction. */
export function addStrayDocument(connection: Connection, scopeNo: number, id: string): number {
  const { lastInsertRowid } = connection
    .prepare(
      `INSERT INTO documents (scope_no, id, state, epoch, counter, timestamp, digest, metadata, text)
        VALUES (?, ?, ${state.stray}, 0, 0, 0, x'', '{}', '')`,
    )
    .run(scopeNo, id);
  return Number(lastInsertRowid);
}

/** A stray's metadata comes with its entries; a record's is its own. */
export function setStrayMetadata(connection: Connection, no: number, metadata: JsonObject): void {
  connection
    .prepare(`UPDATE documents SET metadata = ? WHERE no = ? AND state = ${state.stray}`)
    .run(JSON.stringify(metadata), no);
}

/** Drops a stray that has no entry left. */
export function dropEmptyStray(
  connection: Connection,
  tables: readonly VectorTable[],
  no: number,
): void {
  connection
    .prepare(
      `DELETE FROM documents WHERE no = ?1 AND state = ${state.stray} AND terms IS NULL
        ${withoutVectors(tables, "?1")}`,
    )
    .run(no);
}

/** The condition that no index has a vector of the document. */
export function withoutVectors(tables: readonly VectorTable[], no: string): string {
  return tables
    .map((table) => `AND NOT EXISTS (SELECT 1 FROM ${table} WHERE document_no = ${no})`)
    .join(" ");
}
