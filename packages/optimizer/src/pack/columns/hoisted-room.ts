import { isNestedCell } from "../cells/cell.ts";
import type { HoistedColumn } from "./column.ts";

/** Values that a record may have without a cell of its own in any table, and in a small one. */
const perRecord = 32;
const perTable = 20_000;

/**
 * Values without cells that each record of a table may have: they bound how far a text expands, for
 * a record without any cell is one line end.
 */
export function hoistedRoom(records: number): number {
  return Math.max(perRecord, Math.floor(perTable / records));
}

/** The most values that a column adds to a record: the objects on its path, and what JSON can hold. */
export function hoistedSize({ path, cell }: Pick<HoistedColumn, "path" | "cell">): number {
  return Math.max(1, path.length) + (isNestedCell(cell) ? Math.ceil(cell.length / 2) : 0);
}
