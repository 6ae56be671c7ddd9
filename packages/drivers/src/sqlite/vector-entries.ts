import type { Revision } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import type { Scopes } from "./scopes.ts";
import type { CheckedVector } from "./vector-settings.ts";

/** Writes vector rows. Every method belongs into a write transaction. */
export class VectorEntries {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #cleaner: LogCleaner;

  constructor(connection: Connection, scopes: Scopes, cleaner: LogCleaner) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#cleaner = cleaner;
  }

  /** A new row each time: a changed vector gets a new `seq`, so readers catch up by `seq` alone. */
  add(no: number, scopeNo: number, revision: Revision, vector: CheckedVector): void {
    this.#connection
      .prepare(
        "INSERT INTO vectors (document_no, scope_no, epoch, counter, norm, vector) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(no, scopeNo, revision.epoch, revision.counter, vector.norm, toBlob(vector.values));
    this.#scopes.add(scopeNo, "vectors", 1);
  }

  remove(no: number, scopeNo: number): void {
    const { changes } = this.#connection
      .prepare("DELETE FROM vectors WHERE document_no = ?")
      .run(no);
    if (Number(changes) === 0) return;
    this.#scopes.add(scopeNo, "vectors", -1);
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
