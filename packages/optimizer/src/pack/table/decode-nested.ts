import type { JsonValue } from "@palimpsest/core";
import { counted } from "../../value-words.ts";
import { type CellFormat, fail, missing, readJsonCell } from "../cells/cell.ts";
import { CellError } from "../codecs/codec.ts";
import { splitRecords } from "../cells/split-cells.ts";
import type { Column, NestedColumn } from "../columns/column.ts";
import type { RowReader } from "../columns/read-values.ts";
import { checkColumns } from "./check-columns.ts";
import { decodeColumns, PlacedCellError } from "./decode-columns.ts";
import {
  cheapDefaults,
  innerSeparator,
  innerStops,
  nestedEscape,
  recordSeparator,
} from "../signs.ts";
import { recordBuilder } from "./record-builder.ts";

/**
 * Reads a column of objects. All records of all its cells are one table, so they are read together;
 * what is wrong in one of them is thrown when its row is asked for.
 * @throws CellError when the column itself is damaged
 */
export function nestedReader(
  { columns, many, fallback }: NestedColumn,
  cells: readonly string[],
  outer: CellFormat,
): RowReader {
  const empty = defaultText(fallback);
  const texts = cells.map((cell) => cell || empty);
  const width = cellsPerRecord(columns);
  const failures = new Map<number, CellError>();
  const lines = texts.map((text, row) =>
    isOther(text) ? [] : guarded([], row, failures, () => splitLines(text, width, many)),
  );
  const owners = lines.flatMap((own, row) => own.map(() => row));
  const records = guarded<JsonValue[]>([], owners, failures, () =>
    readRecords(columns, lines.flat(), { ...outer, stops: innerStops }),
  );
  let next = 0;
  return (row) => {
    const failure = failures.get(row);
    if (failure) throw failure;
    const text = texts[row] ?? "";
    if (text === missing) return undefined;
    if (isOther(text)) return readJsonCell(text.slice(nestedEscape.length), outer.numbers);
    const own = records.slice(next, (next += lines[row]?.length ?? 0));
    return many ? own : own[0];
  };
}

function defaultText(fallback: NestedColumn["fallback"]): string {
  if (fallback === undefined) return "";
  return fallback.kind === "cell" && cheapDefaults.includes(fallback.cell)
    ? fallback.cell
    : fail("a column of objects cannot have this default");
}

function isOther(text: string): boolean {
  return text === missing || text.startsWith(nestedEscape);
}

function cellsPerRecord(columns: readonly Column[]): number {
  checkColumns(columns);
  const width = columns.filter(({ kind }) => kind !== "hoisted").length;
  return width > 0 ? width : fail("a column of objects has no cells");
}

function splitLines(text: string, width: number, many: boolean): string[][] {
  if (text === "") fail("the cell is empty, and the column has no default");
  const lines = splitRecords(text, recordSeparator, innerSeparator);
  if (!many && lines.length > 1) fail("the cell holds more than one record");
  const bad = lines.find((line) => line.length !== width);
  return bad
    ? fail(`a record in the cell has ${counted(bad.length, "cell")} instead of ${width}`)
    : lines;
}

function readRecords(
  columns: readonly Column[],
  lines: readonly (readonly string[])[],
  format: CellFormat,
): JsonValue[] {
  const width = lines[0]?.length ?? 0;
  const cells = Array.from({ length: width }, (_, i) => lines.map((line) => line[i] ?? ""));
  const values = decodeColumns({ columns, cells, count: lines.length, format });
  const build = recordBuilder(columns);
  return lines.map((_, row) => build(values, row));
}

/** Keeps the first failure for the row that it belongs to. */
function guarded<T>(
  otherwise: T,
  rows: number | readonly number[],
  failures: Map<number, CellError>,
  read: () => T,
): T {
  if (failures.size > 0) return otherwise;
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    if (typeof rows === "number") failures.set(rows, error);
    else if (error instanceof PlacedCellError) failures.set(rows[error.row] ?? 0, error);
    else throw error;
    return otherwise;
  }
}
