import { DatabaseSync } from "node:sqlite";
import { sealDocument, tokenize } from "@palimpsest/core";
import * as sqliteVec from "sqlite-vec";
import type { Sample } from "./dataset.ts";

/** What the driver binds for one document, computed beforehand. */
export interface ReadyRow {
  readonly id: string;
  readonly timestamp: number;
  readonly terms: number;
  readonly digest: Buffer;
  readonly text: string;
  readonly lexical: string;
  readonly norm: number;
  readonly vector: Uint8Array;
}

const timestamp = 1_760_000_000_000;

export function readyRow({ id, text, vector }: Sample): ReadyRow {
  const { digest } = sealDocument({ scope: "", id, text, metadata: {}, timestamp });
  const terms = tokenize(text);
  return {
    id,
    timestamp,
    terms: terms.length,
    digest: Buffer.from(digest, "hex"),
    text,
    lexical: terms.map((term) => `${term}_1`).join(" "),
    norm: Math.hypot(...vector),
    vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
  };
}

/**
 * The driver's statements for an upsert, run by hand on a file that the driver has created: look the key
 * up, insert document, lexical entry and vector, count, in one transaction a batch.
 */
export function rawIngest(path: string, batches: readonly (readonly ReadyRow[])[]): void {
  const database = new DatabaseSync(path);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000",
  );
  database.prepare("INSERT INTO scopes (no, scope) VALUES (1, '') ON CONFLICT DO NOTHING").run();
  const find = database.prepare(
    "SELECT no, state, epoch, counter, terms, digest, timestamp, id, metadata, text FROM documents WHERE scope_no = ? AND id = ?",
  );
  const document = database.prepare(
    `INSERT INTO documents (scope_no, id, state, epoch, counter, timestamp, terms, digest, metadata, text)
      VALUES (1, ?, 0, 0, 1, ?, ?, ?, '{}', ?)`,
  );
  const lexical = database.prepare(
    "INSERT INTO lexical (rowid, terms) VALUES (CAST(? AS INTEGER), ?)",
  );
  const vector = database.prepare(
    "INSERT INTO vectors (document_no, scope_no, epoch, counter, norm, vector) VALUES (?, 1, 0, 1, ?, ?)",
  );
  const count = database.prepare(
    "UPDATE scopes SET live = live + ?1, vectors = vectors + ?1, entries = entries + ?1, terms = terms + ?2 WHERE no = 1",
  );
  for (const batch of batches) {
    database.exec("BEGIN IMMEDIATE");
    for (const row of batch) {
      find.get(1, row.id);
      const { lastInsertRowid: no } = document.run(
        row.id,
        row.timestamp,
        row.terms,
        row.digest,
        row.text,
      );
      lexical.run(no, row.lexical);
      vector.run(no, row.norm, row.vector);
    }
    count.run(
      batch.length,
      batch.reduce((sum, row) => sum + row.terms, 0),
    );
    database.exec("COMMIT");
  }
  database.close();
}

/** A vec0 table with nothing around it, in a file of its own. */
export class BareVec0 {
  readonly #database: DatabaseSync;

  constructor(path: string, samples: readonly Sample[]) {
    this.#database = new DatabaseSync(path, { allowExtension: true });
    sqliteVec.load(this.#database);
    const dimension = samples[0]?.vector.length ?? 0;
    this.#database.exec(
      `CREATE VIRTUAL TABLE v USING vec0(vector float[${dimension}] distance_metric=cosine)`,
    );
    const insert = this.#database.prepare("INSERT INTO v (rowid, vector) VALUES (?, ?)");
    this.#database.exec("BEGIN");
    samples.forEach(({ vector }, i) => insert.run(BigInt(i + 1), bytes(vector)));
    this.#database.exec("COMMIT");
  }

  query(vector: Float32Array, k: number): number[] {
    const rows = this.#database
      .prepare("SELECT rowid, distance FROM v WHERE vector MATCH ? AND k = ?")
      .all(bytes(vector), k);
    return rows.map((row) => Number(row["rowid"]));
  }

  close(): void {
    this.#database.close();
  }
}

function bytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
