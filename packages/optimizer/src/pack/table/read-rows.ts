import type { TextReader } from "./text-reader.ts";
import { counted } from "../../value-words.ts";
import { cellSeparator, outsideSign, repeatSign } from "../signs.ts";

/** The lines of a table, taken apart into cells. */
export interface Rows {
  /** The cells of each column that has any. */
  readonly cells: readonly (readonly string[])[];
  /** Offset of each row that is in the columns. */
  readonly starts: readonly number[];
  /** In the order of the records: undefined for a row that is in the columns. */
  readonly records: readonly (OutsideRecord | undefined)[];
}

interface OutsideRecord {
  readonly offset: number;
  readonly json: string;
}

/** @param width cells that every line must have */
export function readRows(reader: TextReader, header: string, width: number, count: number): Rows {
  const cells: string[][] = Array.from({ length: width }, () => []);
  const starts: number[] = [];
  const records: (OutsideRecord | undefined)[] = [];
  while (records.length < count) {
    const start = reader.at;
    const line = reader.line();
    if (line.startsWith(repeatSign)) {
      if (line !== repeatSign + header) reader.fail(start, "a repeated column line differs");
    } else if (line.startsWith(outsideSign)) {
      records.push({ offset: start + outsideSign.length, json: line.slice(outsideSign.length) });
    } else {
      addRow(reader, start, line, cells);
      starts.push(start);
      records.push(undefined);
    }
  }
  return { cells, starts, records };
}

function addRow(reader: TextReader, start: number, line: string, cells: string[][]): void {
  const own = line.split(cellSeparator);
  const isRight = own.length === cells.length || (cells.length === 0 && line === "");
  if (!isRight) {
    reader.fail(
      cellOffset(reader.text, start, Math.min(own.length, cells.length)),
      `the line has ${counted(own.length, "cell")} instead of ${cells.length}`,
    );
  }
  for (let i = 0; i < cells.length; i++) cells[i]?.push(own[i] ?? "");
}

/** Where a cell of the line that starts at `start` begins; the line's end when there are fewer. */
export function cellOffset(text: string, start: number, cell: number): number {
  const lineEnd = text.indexOf("\n", start);
  let at = start;
  for (let i = 0; i < cell; i++) {
    const separator = text.indexOf(cellSeparator, at);
    if (separator === -1 || separator > lineEnd) return lineEnd;
    at = separator + 1;
  }
  return at;
}
