import type { Connection, TransactionPart } from "./connection.ts";
import type { VectorTable } from "./vector-tables.ts";

/** Figures kept per scope, so that counts and ranking statistics cost nothing to read. */
export interface ScopeFigures {
  /** Live documents. */
  live: number;
  /** Vector entries. */
  vectors: number;
  /** Lexical entries. */
  entries: number;
  /** Terms in all lexical entries. */
  terms: number;
}

const sums =
  "total(live) AS live, total(vectors) AS vectors, total(entries) AS entries, total(terms) AS terms";
const cachedScopes = 10_000;

/** Numbers scopes and adds up what a transaction changes, to write it once per scope at its end. */
export class Scopes implements TransactionPart {
  readonly #connection: Connection;
  readonly #numbers = new Map<string, number>();
  readonly #changes = new Map<number, ScopeFigures>();
  /** Of further vector indexes, by table. */
  readonly #vectorChanges = new Map<VectorTable, Map<number, number>>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.enlist(this);
  }

  /** A scope's number, which never changes; undefined when nothing was ever written to it. */
  find(scope: string): number | undefined {
    const cached = this.#numbers.get(scope);
    if (cached !== undefined) return cached;
    const row = this.#connection.prepare("SELECT no FROM scopes WHERE scope = ?").get(scope);
    return row === undefined ? undefined : this.#remember(scope, row["no"] as number);
  }

  /** Only within a write transaction. */
  ensure(scope: string): number {
    const known = this.find(scope);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#connection
      .prepare("INSERT INTO scopes (scope) VALUES (?)")
      .run(scope);
    return this.#remember(scope, Number(lastInsertRowid));
  }

  /** Only within a write transaction. */
  add(no: number, figure: keyof ScopeFigures, by: number): void {
    let figures = this.#changes.get(no);
    if (figures === undefined) {
      figures = { live: 0, vectors: 0, entries: 0, terms: 0 };
      this.#changes.set(no, figures);
    }
    figures[figure] += by;
  }

  /** Only within a write transaction. */
  addVectors(table: VectorTable, no: number, by: number): void {
    if (table === "vectors") return this.add(no, "vectors", by);
    const changes = this.#vectorChanges.get(table) ?? new Map<number, number>();
    this.#vectorChanges.set(table, changes);
    changes.set(no, (changes.get(no) ?? 0) + by);
  }

  /** Entries of one vector index in one scope, or in all (undefined). */
  vectorCount(table: VectorTable, no: number | undefined): number {
    const count = `SELECT total(${table}) AS count FROM scopes`;
    const row =
      no === undefined
        ? this.#connection.prepare(count).get()
        : this.#connection.prepare(`${count} WHERE no = ?`).get(no);
    return row?.["count"] as number;
  }

  /** Figures of one scope, or of all (undefined); `vectors` are those of the first index. */
  figures(no: number | undefined): ScopeFigures {
    const row =
      no === undefined
        ? this.#connection.prepare(`SELECT ${sums} FROM scopes`).get()
        : this.#connection.prepare(`SELECT ${sums} FROM scopes WHERE no = ?`).get(no);
    return row as unknown as ScopeFigures;
  }

  beforeCommit(): void {
    const update = this.#connection.prepare(
      `UPDATE scopes SET live = live + ?, vectors = vectors + ?, entries = entries + ?,
        terms = terms + ? WHERE no = ?`,
    );
    for (const [no, { live, vectors, entries, terms }] of this.#changes) {
      update.run(live, vectors, entries, terms, no);
    }
    this.#changes.clear();
    for (const [table, changes] of this.#vectorChanges) {
      const count = this.#connection.prepare(
        `UPDATE scopes SET ${table} = ${table} + ? WHERE no = ?`,
      );
      for (const [no, by] of changes) count.run(by, no);
    }
    this.#vectorChanges.clear();
  }

  /** Numbers given in the transaction are void. */
  afterRollback(): void {
    this.#numbers.clear();
    this.#changes.clear();
    this.#vectorChanges.clear();
  }

  #remember(scope: string, no: number): number {
    if (this.#numbers.size >= cachedScopes) this.#numbers.clear();
    this.#numbers.set(scope, no);
    return no;
  }
}
