import type { Revision } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import type { Scopes } from "./scopes.ts";
import type { CheckedVector } from "../shared/vector-settings.ts";
import type { VectorTable, VectorTables } from "./vector-tables.ts";

/** Writes vector rows. Every method belongs into a write transaction. */
export class VectorEntries {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #cleaner: LogCleaner;
  readonly #tables: VectorTables;

  constructor(connection: Connection, scopes: Scopes, cleaner: LogCleaner, tables: VectorTables) {
    this.#tables = tables;
    this.#connection = connection;
    this.#scopes = scopes;
    this.#cleaner = cleaner;
  }

  /** A new row each time: a changed vector gets a new `seq`, so readers catch up by `seq` alone. */
  add(
    table: VectorTable,
    no: number,
    scopeNo: number,
    revision: Revision,
    vector: CheckedVector,
  ): void {
    this.#connection
      .prepare(
        `INSERT INTO ${table} (document_no, scope_no, epoch, counter, norm, vector) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(no, scopeNo, revision.epoch, revision.counter, vector.norm, toBlob(vector.values));
    this.#scopes.addVectors(table, scopeNo, 1);
  }

  /** Removes a document's vectors of all models: the text they were made of is gone. */
  removeAll(no: number, scopeNo: number): void {
    for (const table of this.#tables.names()) this.remove(table, no, scopeNo);
  }

  remove(table: VectorTable, no: number, scopeNo: number): void {
    const { changes } = this.#connection
      .prepare(`DELETE FROM ${table} WHERE document_no = ?`)
      .run(no);
    if (Number(changes) === 0) return;
    this.#scopes.addVectors(table, scopeNo, -1);
    this.#cleaner.mark();
  }
}

function toBlob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Views a stored vector; copies only when the engine handed out an unaligned one. */
export function fromBlob(blob: Uint8Array): Float32Array {
  const aligned = blob.byteOffset % 4 === 0 ? blob : blob.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
