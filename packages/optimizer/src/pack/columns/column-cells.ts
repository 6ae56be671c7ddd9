import { type CellFormat, missing, writeCell } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import type { CellColumn } from "./column.ts";
import { predictor } from "./fallback.ts";

/** The cells of a whole column. @param valuesOf another column's values, by name */
export function columnCells(
  { codec, fallback }: CellColumn,
  values: readonly Value[],
  valuesOf: (name: string) => readonly Value[],
  format: Pick<CellFormat, "json">,
): string[] {
  const base = codec.base?.kind === "column" ? valuesOf(codec.base.name) : undefined;
  const write = (value: Value, row: number): string =>
    value === undefined
      ? missing
      : writeCell(value, base ? base[row] : values[row - 1], codec, format);
  if (fallback === undefined) return values.map(write);
  if (fallback.kind === "cell") {
    return values.map((value, row) => {
      const cell = write(value, row);
      return cell === fallback.cell ? "" : cell;
    });
  }
  const other = "column" in fallback ? valuesOf(fallback.column) : [];
  const { predict, learn } = predictor(fallback, values, other);
  return values.map((value, row) => {
    const cell = Object.is(predict(row), value) ? "" : write(value, row);
    learn(row);
    return cell;
  });
}
