import { counted } from "../../value-words.ts";
import { shorten } from "../../json/shorten.ts";
import type { CellFormat } from "../cells/cell.ts";
import { fail } from "../cells/cell.ts";
import { CellError, type Value } from "../codecs/codec.ts";
import type { Column, NestedColumn } from "../columns/column.ts";
import { hoistedRoom, hoistedSize } from "../columns/hoisted-room.ts";
import { cellReader, hoistedReader, type RowReader } from "../columns/read-values.ts";

/** A damaged cell by its row and its place among the cells of that row. */
export class PlacedCellError extends CellError {
  readonly row: number;
  readonly cell: number;

  constructor(row: number, cell: number, cause: CellError) {
    super(cause.message, { cause });
    this.row = row;
    this.cell = cell;
  }
}

export interface CellTable {
  readonly columns: readonly Column[];
  /** The cells of each column that has any, in the columns' order. */
  readonly cells: readonly (readonly string[])[];
  readonly count: number;
  readonly format: CellFormat;
  /** Reads the cells of a column of objects. */
  readonly nested?: (column: NestedColumn, cells: readonly string[]) => RowReader;
}

/** The values of every column, in the columns' order. @throws CellError, PlacedCellError */
export function decodeColumns(table: CellTable): Value[][] {
  const { columns, count } = table;
  checkExpansion(columns, count);
  const values: Value[][] = columns.map(() => []);
  const named = new Map<string, readonly Value[]>();
  const valuesOf = (name: string) =>
    named.get(name) ?? fail(`there is no column ${shorten(name)} to refer to`);
  // Columns of the second pass refer to those of the first, never to one another.
  for (const pass of [false, true]) {
    let cell = 0;
    for (const [i, column] of columns.entries()) {
      const place = column.kind === "hoisted" ? 0 : cell++;
      const own = values[i];
      if (own === undefined || refers(column) !== pass) continue;
      const read = rowReader(column, table.cells[place] ?? [], own, valuesOf, table);
      readColumn(read, own, count, place);
      if (!pass) named.set(column.name, own);
    }
  }
  return values;
}

/** No writer makes such a header: it could expand a short text into a huge value. */
function checkExpansion(columns: readonly Column[], count: number): void {
  const size = columns.reduce(
    (sum, column) => sum + (column.kind === "hoisted" ? hoistedSize(column) : 0),
    0,
  );
  if (size > hoistedRoom(count)) {
    fail(
      `columns without cells give each of ${counted(count, "record")} more than ${hoistedRoom(count)} values`,
    );
  }
}

function refers(column: Column): boolean {
  if (column.kind !== "cells") return false;
  const { codec, fallback } = column;
  return codec.base?.kind === "column" || (fallback !== undefined && "column" in fallback);
}

function rowReader(
  column: Column,
  cells: readonly string[],
  values: readonly Value[],
  valuesOf: (name: string) => readonly Value[],
  { format, nested }: CellTable,
): RowReader {
  switch (column.kind) {
    case "hoisted":
      return hoistedReader(column, values, format);
    case "cells":
      return cellReader(column, cells, values, valuesOf, format);
    case "nested":
      return nested?.(column, cells) ?? fail("a cell's table cannot hold another table");
  }
}

function readColumn(read: RowReader, values: Value[], count: number, cell: number): void {
  let row = 0;
  try {
    for (; row < count; row++) values.push(read(row));
  } catch (error) {
    throw error instanceof CellError ? new PlacedCellError(row, cell, error) : error;
  }
}
