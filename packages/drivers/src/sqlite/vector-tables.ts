import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import { type VectorSettings } from "../shared/vector-settings.ts";
import { readVectorSettings, writeVectorSettings } from "./stored-vector-settings.ts";

/** Table of one vector index, and the column of `scopes` that counts its entries. */
export type VectorTable = "vectors" | `vectors_${number}`;

/** A vector index with the table that holds it. */
export interface StoredIndex extends VectorSettings {
  readonly table: VectorTable;
}

/**
 * The vector indexes of a file. The first one is in the table `vectors` and described by `store`; each
 * further one has a table of its own, listed in `vector_indexes`, which a file has from its second index on.
 */
export class VectorTables {
  readonly #connection: Connection;
  readonly #cleaner: LogCleaner;
  #hasOthers = false;

  constructor(connection: Connection, cleaner: LogCleaner) {
    this.#connection = connection;
    this.#cleaner = cleaner;
  }

  list(): StoredIndex[] {
    const first = readVectorSettings(this.#connection);
    return [...(first ? [{ ...first, table: "vectors" as const }] : []), ...this.#others()];
  }

  /** Every table that may hold a vector of a document. */
  names(): VectorTable[] {
    return ["vectors", ...this.#others().map(({ table }) => table)];
  }

  find(wanted: VectorSettings): StoredIndex | undefined {
    return this.list().find((index) => isSame(index, wanted));
  }

  /** The index that documents commit with: the only one, else the one that the setting `embedder` names. */
  active(): StoredIndex | undefined {
    const indexes = this.list();
    if (indexes.length < 2) return indexes[0];
    const row = this.#connection
      .prepare("SELECT value FROM settings WHERE name = 'embedder'")
      .get();
    const { modelId, dimension } = JSON.parse(String(row?.["value"] ?? "{}")) as Row;
    return indexes.find((index) => index.modelId === modelId && index.dimension === dimension);
  }

  /** The same outside of a transaction. */
  activeNow(): StoredIndex | undefined {
    return this.#connection.read(() => this.active());
  }

  /** Belongs into a write transaction. */
  create(settings: VectorSettings): StoredIndex {
    if (this.list().length === 0) {
      writeVectorSettings(this.#connection, settings);
      return { ...settings, table: "vectors" };
    }
    this.#connection.exec(catalogue);
    const { dimension, metric, modelId } = settings;
    const { lastInsertRowid } = this.#connection
      .prepare("INSERT INTO vector_indexes (dimension, metric, model_id) VALUES (?, ?, ?)")
      .run(dimension, metric, modelId);
    const table = tableOf(Number(lastInsertRowid));
    this.#connection.exec(definition(table));
    return { ...settings, table };
  }

  /** Belongs into a write transaction. @returns whether it was there */
  drop(settings: VectorSettings): boolean {
    const index = this.find(settings);
    if (index === undefined) return false;
    const { table } = index;
    if (table === "vectors") {
      this.#connection.exec(`DELETE FROM vectors; UPDATE scopes SET vectors = 0;
        UPDATE store SET dimension = NULL, metric = NULL, model_id = NULL`);
    } else {
      this.#connection.exec(`DROP TABLE ${table}; ALTER TABLE scopes DROP COLUMN ${table};
        DELETE FROM vector_indexes WHERE 'vectors_' || no = '${table}'`);
    }
    this.#cleaner.mark();
    return true;
  }

  #others(): StoredIndex[] {
    // Another process may have created the table since the last look.
    this.#hasOthers ||=
      this.#connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'vector_indexes'")
        .get() !== undefined;
    if (!this.#hasOthers) return [];
    const rows = this.#connection
      .prepare("SELECT no, dimension, metric, model_id FROM vector_indexes ORDER BY no")
      .all();
    return rows.map((row) => ({
      dimension: row["dimension"] as number,
      metric: row["metric"] as VectorSettings["metric"],
      modelId: row["model_id"] as string,
      table: tableOf(row["no"] as number),
    }));
  }
}

export function isSame(a: VectorSettings, b: VectorSettings): boolean {
  return a.dimension === b.dimension && a.modelId === b.modelId && a.metric === b.metric;
}

/** Numbers are never used again: what a reader cached of a dropped table must not match a new one. */
const catalogue = `CREATE TABLE IF NOT EXISTS vector_indexes (
  no INTEGER PRIMARY KEY AUTOINCREMENT, dimension INTEGER NOT NULL, metric TEXT NOT NULL, model_id TEXT NOT NULL
) STRICT;
INSERT OR IGNORE INTO sqlite_sequence (name, seq) SELECT 'vector_indexes', 1
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'vector_indexes');`;

function definition(table: VectorTable): string {
  return `CREATE TABLE ${table} (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  document_no INTEGER NOT NULL,
  scope_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  norm REAL NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX ${table}_document ON ${table} (document_no);
CREATE INDEX ${table}_scope ON ${table} (scope_no);
ALTER TABLE scopes ADD COLUMN ${table} INTEGER NOT NULL DEFAULT 0;`;
}

function tableOf(no: number): VectorTable {
  return `vectors_${no}`;
}
