import type { Connection } from "./connection.ts";
import { QuantisedMatrix } from "./quantised-matrix.ts";
import { fromBlob } from "./vector-entries.ts";

/** Dropped rows a matrix may carry before it is built anew. */
const garbageRows = 1024;

/** One matrix per scope within a budget of bytes; the least recently used go first. */
export class MatrixCache {
  readonly #connection: Connection;
  readonly #budget: number;
  readonly #matrices = new Map<number | undefined, QuantisedMatrix>();

  constructor(connection: Connection, budget: number) {
    this.#connection = connection;
    this.#budget = budget;
  }

  /**
   * The matrix of a scope, or of all (undefined), as of the present snapshot: vectors are only ever
   * added under higher numbers, so reading on from the last one is enough.
   * @returns undefined when it does not fit the budget
   */
  get(scopeNo: number | undefined, live: number, dimension: number): QuantisedMatrix | undefined {
    const rowBytes = QuantisedMatrix.rowBytes(dimension);
    if (live * rowBytes > this.#budget) return undefined;
    let matrix = this.#matrices.get(scopeNo) ?? new QuantisedMatrix(dimension);
    this.#catchUp(matrix, scopeNo);
    if (matrix.rows - live > Math.max(garbageRows, live / 4)) {
      matrix = new QuantisedMatrix(dimension);
      this.#catchUp(matrix, scopeNo);
    }
    this.#matrices.delete(scopeNo);
    this.#matrices.set(scopeNo, matrix);
    this.#evict(rowBytes);
    return matrix;
  }

  #catchUp(matrix: QuantisedMatrix, scopeNo: number | undefined): void {
    const rows =
      scopeNo === undefined
        ? this.#connection
            .prepare("SELECT seq, vector FROM vectors WHERE seq > ?")
            .iterate(matrix.lastSeq)
        : this.#connection
            .prepare("SELECT seq, vector FROM vectors WHERE scope_no = ? AND seq > ? ORDER BY seq")
            .iterate(scopeNo, matrix.lastSeq);
    for (const row of rows) matrix.add(row["seq"] as number, fromBlob(row["vector"] as Uint8Array));
  }

  #evict(rowBytes: number): void {
    let bytes = 0;
    for (const matrix of this.#matrices.values()) bytes += matrix.rows * rowBytes;
    for (const [scopeNo, matrix] of this.#matrices) {
      if (bytes <= this.#budget || this.#matrices.size === 1) return;
      this.#matrices.delete(scopeNo);
      bytes -= matrix.rows * rowBytes;
    }
  }
}
