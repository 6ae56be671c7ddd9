import { type CellFormat, fail, isNestedCell, isScalar, missing, readCell } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import { plain } from "../codecs/plain.ts";
import { type CellColumn, type HoistedColumn, maxRepeated, maxRepeatedNested } from "./column.ts";
import { predicted, predictor } from "./fallback.ts";
import { successor } from "./successor.ts";

/** Reads the value of one row; to be called for every row, in order. @throws CellError */
export type RowReader = (row: number) => Value;

/** @param values the column's values above the row that is read */
export function hoistedReader(
  { cell, counts }: HoistedColumn,
  values: readonly Value[],
  format: CellFormat,
): RowReader {
  const codec = plain(format);
  const read = () => {
    if (cell === "" || cell === missing) return fail("a column states no value");
    return readCell(cell, undefined, codec, format.numbers);
  };
  const first = read();
  if (counts) return (row) => (row === 0 ? first : predicted(successor(values[row - 1])));
  if (isScalar(first)) return () => first;
  if (cell.length > maxRepeated) failTooLong();
  return (row) => (row === 0 ? first : read());
}

/**
 * @param cells the column's cells
 * @param valuesOf another column's values
 */
export function cellReader(
  { codec, fallback }: CellColumn,
  cells: readonly string[],
  values: readonly Value[],
  valuesOf: (name: string) => readonly Value[],
  format: CellFormat,
): RowReader {
  const base = codec.base?.kind === "column" ? valuesOf(codec.base.name) : undefined;
  const read = (cell: string, row: number): Value =>
    cell === missing
      ? undefined
      : readCell(cell, base ? base[row] : values[row - 1], codec, format.numbers);
  if (fallback === undefined) {
    return (row) =>
      read(cells[row] || fail("the cell is empty, and the column has no default"), row);
  }
  if (fallback.kind === "cell") {
    const readDefault = defaultReader(fallback.cell, codec.base !== undefined, read);
    return (row) => {
      const cell = cells[row];
      return cell ? read(cell, row) : readDefault(row);
    };
  }
  const other = "column" in fallback ? valuesOf(fallback.column) : [];
  const { predict, learn } = predictor(fallback, values, other);
  return (row) => {
    learn(row - 1);
    const cell = cells[row];
    return cell ? read(cell, row) : predicted(predict(row));
  };
}

/** Reads empty cells that mean this one. @param relative its value depends on other cells */
function defaultReader(
  cell: string,
  relative: boolean,
  read: (cell: string, row: number) => Value,
): RowReader {
  if (cell.length > (isNestedCell(cell) ? maxRepeatedNested : maxRepeated)) return failTooLong();
  const readAnew = (row: number): Value => read(cell, row);
  if (relative) return readAnew;
  const value = readAnew(0);
  if (isScalar(value)) return () => value;
  return cell.length > maxRepeatedNested ? failTooLong() : readAnew;
}

function failTooLong(): never {
  return fail("a column repeats a value that is too long");
}
