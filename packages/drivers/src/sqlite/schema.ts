import { PalimpsestError } from "@palimpsest/core";
import type { Connection } from "./connection.ts";

/** "Plmp" in the file header marks the file as ours. */
const applicationId = 0x506c_6d70;
const schemaVersion = 1;

/** `documents.state`. A stray has no record: only index entries that arrived before or without it. */
export const state: { readonly live: 0; readonly deleted: 1; readonly stray: 2 } = {
  live: 0,
  deleted: 1,
  stray: 2,
};

const tables = `
CREATE TABLE store (
  fence INTEGER NOT NULL, dimension INTEGER, metric TEXT, model_id TEXT
) STRICT;
INSERT INTO store (fence) VALUES (0);

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE scopes (
  no INTEGER PRIMARY KEY,
  scope TEXT NOT NULL UNIQUE,
  live INTEGER NOT NULL DEFAULT 0,
  vectors INTEGER NOT NULL DEFAULT 0,
  entries INTEGER NOT NULL DEFAULT 0,
  terms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE documents (
  no INTEGER PRIMARY KEY,
  scope_no INTEGER NOT NULL,
  id TEXT NOT NULL,
  state INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  terms INTEGER,
  digest BLOB NOT NULL,
  metadata TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX documents_key ON documents (scope_no, id);
CREATE INDEX documents_recent ON documents (scope_no, timestamp DESC, id) WHERE state = 0;
CREATE INDEX documents_deleted ON documents (timestamp) WHERE state = 1;

CREATE TABLE vectors (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  document_no INTEGER NOT NULL,
  scope_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  norm REAL NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX vectors_document ON vectors (document_no);
CREATE INDEX vectors_scope ON vectors (scope_no);

CREATE VIRTUAL TABLE lexical USING fts5 (
  terms, content = '', columnsize = 0, tokenize = "ascii tokenchars '_'"
);
INSERT INTO lexical (lexical, rank) VALUES ('secure-delete', 1);
CREATE VIRTUAL TABLE postings USING fts5vocab (lexical, instance);
CREATE TABLE lexical_strays (
  document_no INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
  document_no INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  quarantined INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  owner TEXT,
  leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_queue ON outbox (queued_at, document_no) WHERE quarantined = 0;

CREATE TABLE key_values (
  key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX key_values_expiry ON key_values (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE leases (
  key TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Creates the tables in an empty file, or checks that the file holds ours. */
export async function prepareSchema(connection: Connection, readOnly: boolean): Promise<void> {
  if (readOnly) {
    if (isEmpty(connection)) throw emptyStore(connection.path);
    return checkSchema(connection);
  }
  if (isEmpty(connection)) {
    await connection.transaction(() => {
      // Another process may have created the tables while this one waited.
      if (isEmpty(connection)) create(connection);
    });
  }
  checkSchema(connection);
}

function create(connection: Connection): void {
  connection.exec(tables);
  connection.exec(
    `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`,
  );
}

export function isEmpty(connection: Connection): boolean {
  return connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

/** @throws `E_UNSUPPORTED` naming what the file is instead */
export function checkSchema(connection: Connection): void {
  if (pragma(connection, "PRAGMA application_id") !== applicationId) {
    throw new PalimpsestError("E_UNSUPPORTED", `${connection.path} ${describeForeign(connection)}`);
  }
  const version = pragma(connection, "PRAGMA user_version");
  if (version === schemaVersion) return;
  throw new PalimpsestError(
    "E_UNSUPPORTED",
    `${connection.path} has store format ${version}, this version knows ${schemaVersion}; update @palimpsest/drivers`,
  );
}

function pragma(connection: Connection, sql: string): unknown {
  return Object.values(connection.prepare(sql).get() ?? {})[0];
}

const luminoraTables = new Set([
  "user_facts",
  "user_affinity",
  "session_moods",
  "affinity",
  "moods",
]);

function describeForeign(connection: Connection): string {
  const names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const known = names.some((row) => luminoraTables.has(String(row["name"])));
  return known
    ? "looks like a v1 LuminoraCore database, not a Palimpsest store; use `palimpsest import`"
    : "is an SQLite database of another application; name a new file or a Palimpsest store";
}

function emptyStore(path: string): PalimpsestError {
  return new PalimpsestError(
    "E_CORRUPT",
    `${path} is an empty database, not a Palimpsest store; check the path`,
  );
}
