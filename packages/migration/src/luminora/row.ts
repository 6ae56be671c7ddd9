import type { TableShape } from "./schema.ts";

/** A cell as SQLite holds it, whatever the column's declared type. */
export type Cell = null | string | bigint | number | Uint8Array;

export interface LuminoraRow {
  readonly table: string;
  readonly shape: TableShape;
  /** The row's `id` as v1 makes them; otherwise its position in the table, from 1. */
  readonly row: string | number;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Columns whose text is not valid in the database's encoding; they are absent from `cells`. */
  readonly undecodable: readonly string[];
}
