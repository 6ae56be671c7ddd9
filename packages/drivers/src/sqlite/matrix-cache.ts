import type { Connection } from "./connection.ts";
import { QuantisedMatrix } from "./quantised-matrix.ts";
import { fromBlob } from "./vector-entries.ts";
import type { VectorTable } from "./vector-tables.ts";

/** Dropped rows a matrix may carry before it is built anew. */
const garbageRows = 1024;

/** One matrix per scope within a budget of bytes; the least recently used go first. */
export class MatrixCache {
  readonly #connection: Connection;
  readonly #budget: number;
  readonly #matrices = new Map<string, QuantisedMatrix>();

  constructor(connection: Connection, budget: number) {
    this.#connection = connection;
    this.#budget = budget;
  }

  /**
   * The matrix of a scope, or of all (undefined), as of the present snapshot: vectors are only ever
   * added under higher numbers, so reading on from the last one is enough.
   * @returns undefined when it does not fit the budget
   */
  get(
    table: VectorTable,
    scopeNo: number | undefined,
    live: number,
    dimension: number,
  ): QuantisedMatrix | undefined {
    const key = `${table} ${dimension} ${scopeNo}`;
    const rowBytes = QuantisedMatrix.rowBytes(dimension);
    if (live * rowBytes > this.#budget) return undefined;
    let matrix = this.#matrices.get(key) ?? new QuantisedMatrix(dimension);
    this.#catchUp(matrix, table, scopeNo);
    if (matrix.rows - live > Math.max(garbageRows, live / 4)) {
      matrix = new QuantisedMatrix(dimension);
      this.#catchUp(matrix, table, scopeNo);
    }
    this.#matrices.delete(key);
    this.#matrices.set(key, matrix);
    this.#evict(rowBytes);
    return matrix;
  }

  #catchUp(matrix: QuantisedMatrix, table: VectorTable, scopeNo: number | undefined): void {
    const rows =
      scopeNo === undefined
        ? this.#connection
            .prepare(`SELECT seq, vector FROM ${table} WHERE seq > ?`)
            .iterate(matrix.lastSeq)
        : this.#connection
            .prepare(`SELECT seq, vector FROM ${table} WHERE scope_no = ? AND seq > ? ORDER BY seq`)
            .iterate(scopeNo, matrix.lastSeq);
    for (const row of rows) matrix.add(row["seq"] as number, fromBlob(row["vector"] as Uint8Array));
  }

  #evict(rowBytes: number): void {
    let bytes = 0;
    for (const matrix of this.#matrices.values()) bytes += matrix.rows * rowBytes;
    for (const [key, matrix] of this.#matrices) {
      if (bytes <= this.#budget || this.#matrices.size === 1) return;
      this.#matrices.delete(key);
      bytes -= matrix.rows * rowBytes;
    }
  }
}
