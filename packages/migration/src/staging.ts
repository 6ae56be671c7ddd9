import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  type Document,
  type JsonObject,
  parseJsonText,
  type SealedDocument,
} from "@palimpsest/core";
import { tempFolderError } from "./temp-folder.ts";

export interface StagedDocument extends Document {
  readonly sequence: number;
  readonly digest: string;
  readonly table: string;
  readonly row: string | number;
  /** Set where the source may have several records of one id. */
  readonly revision?: StagedRevision;
}

/** The place of a record among those of its id. */
export interface StagedRevision {
  /** Compared item by item; the highest is the document, the others are kept under their `olderId`. */
  readonly rank: readonly (number | string)[];
  readonly olderId: string;
}

export type Outcome = "imported" | "updated" | "unchanged";

const batchCount = 256;
const batchCharacters = 4 * 1024 * 1024;

/** The sealed documents of one import, in a throw-away SQLite file: memory stays flat, ids are checked. */
export class Staging implements Disposable {
  readonly #scope: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #setOutcome: StatementSync;
  readonly #setPoisoned: StatementSync;
  readonly #has: StatementSync;
  readonly #remove: StatementSync;

  constructor(path: string, scope: string) {
    this.#scope = scope;
    this.#database = new DatabaseSync(path);
    createTable(this.#database);
    this.#insert = this.#database.prepare(
      "INSERT OR IGNORE INTO staged (id, digest, text, metadata, timestamp, source, row, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#page = this.#database.prepare(
      `SELECT * FROM staged WHERE sequence > ? AND poisoned = 0 ORDER BY sequence LIMIT ${batchCount}`,
    );
    this.#setOutcome = this.#database.prepare("UPDATE staged SET outcome = ? WHERE sequence = ?");
    this.#setPoisoned = this.#database.prepare("UPDATE staged SET poisoned = 1 WHERE sequence = ?");
    this.#has = this.#database.prepare("SELECT * FROM staged WHERE id = ?");
    this.#remove = this.#database.prepare("DELETE FROM staged WHERE sequence = ?");
  }

  /** @returns false when an earlier row has the same id */
  add(
    sealed: SealedDocument,
    table: string,
    row: string | number,
    revision?: StagedRevision,
  ): boolean {
    const { id, digest, text, metadataJson, timestamp } = sealed;
    const place = revision === undefined ? null : JSON.stringify(revision);
    const values = [id, digest, text, metadataJson, timestamp, table, row, place];
    return this.#write(this.#insert, ...values) === 1;
  }

  find(id: string): StagedDocument | undefined {
    const record = this.#has.get(id);
    return record === undefined ? undefined : this.#toStaged(record);
  }

  remove(document: StagedDocument): void {
    this.#write(this.#remove, document.sequence);
  }

  /** Ids and digests in the order of ids: the same for the same records, whatever order they came in. */
  *digests(): Generator<readonly [string, string]> {
    const all = this.#database.prepare("SELECT id, digest FROM staged ORDER BY id");
    for (const { id, digest } of all.iterate()) yield [String(id), String(digest)];
  }

  setOutcome(document: StagedDocument, outcome: Outcome): void {
    this.#write(this.#setOutcome, outcome, document.sequence);
  }

  /** Leaves the document out of later batches. */
  poison(document: StagedDocument): void {
    this.#write(this.#setPoisoned, document.sequence);
  }

  has(id: string): boolean {
    return this.#has.get(id) !== undefined;
  }

  count(): number {
    const row = this.#database
      .prepare("SELECT count(*) AS documents FROM staged WHERE poisoned = 0")
      .get();
    return Number(row?.["documents"]);
  }

  outcomeOf(document: StagedDocument): Outcome {
    const statement = this.#database.prepare("SELECT outcome FROM staged WHERE sequence = ?");
    return statement.get(document.sequence)?.["outcome"] as Outcome;
  }

  /** Batches in row order, small enough to hold in memory. */
  *batches(): Generator<readonly StagedDocument[]> {
    let after = 0;
    for (;;) {
      const batch = this.#batchAfter(after);
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      after = last.sequence;
    }
  }

  #batchAfter(sequence: number): readonly StagedDocument[] {
    const batch: StagedDocument[] = [];
    let characters = 0;
    for (const record of this.#page.iterate(sequence)) {
      const document = this.#toStaged(record);
      batch.push(document);
      characters += document.text.length;
      if (characters > batchCharacters) break;
    }
    return batch;
  }

  /** @returns how many rows changed */
  #write(statement: StatementSync, ...values: SQLInputValue[]): number {
    try {
      return Number(statement.run(...values).changes);
    } catch (cause) {
      throw tempFolderError(cause);
    }
  }

  #toStaged(record: Record<string, unknown>): StagedDocument {
    return {
      scope: this.#scope,
      sequence: Number(record["sequence"]),
      id: String(record["id"]),
      digest: String(record["digest"]),
      text: String(record["text"]),
      metadata: parseJsonText(String(record["metadata"])) as JsonObject,
      timestamp: Number(record["timestamp"]),
      table: String(record["source"]),
      row: record["row"] as string | number,
      ...(record["revision"] !== null && {
        revision: JSON.parse(String(record["revision"])) as StagedRevision,
      }),
    };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** One transaction for everything: the file is thrown away, so nothing needs a commit. */
function createTable(database: DatabaseSync): void {
  try {
    database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      CREATE TABLE staged (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        metadata TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        source TEXT NOT NULL,
        row ANY NOT NULL,
        revision TEXT,
        outcome TEXT,
        poisoned INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      BEGIN`);
  } catch (cause) {
    database.close();
    throw tempFolderError(cause);
  }
}
