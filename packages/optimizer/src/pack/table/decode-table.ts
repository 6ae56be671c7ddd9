import type { JsonValue } from "@palimpsest/core";
import { setMember } from "../../json/members.ts";
import type { NumberMode } from "../../json/raw-number.ts";
import { shorten } from "../../json/shorten.ts";
import { type CellFormat, fail, readJsonCell } from "../cells/cell.ts";
import { CellError, type Value } from "../codecs/codec.ts";
import { type Column, keyName, restName } from "../columns/column.ts";
import { readColumn } from "../columns/read-column.ts";
import type { TextReader } from "./text-reader.ts";
import { isObject } from "./column-plan.ts";
import { checkColumns } from "./check-columns.ts";
import { decodeColumns, PlacedCellError } from "./decode-columns.ts";
import { nestedReader } from "./decode-nested.ts";
import { cellSeparator, innerStops } from "../signs.ts";
import { cellOffset, readRows, type Rows } from "./read-rows.ts";
import { recordBuilder } from "./record-builder.ts";

/** Reads a column line and `count` records: an array, or an object when a column has its keys. */
export function decodeTable(reader: TextReader, count: number, numbers: NumberMode): JsonValue {
  const format: CellFormat = { stops: "", numbers, json: JSON.stringify };
  const start = reader.at;
  const header = reader.line();
  return located(reader, start, () => {
    const columns = readHeader(header, format);
    const width = columns.filter(({ kind }) => kind !== "hoisted").length;
    const rows = readRows(reader, header, width, count);
    const values = readValues(reader, columns, rows, format);
    const records = readRecords(reader, columns, rows, values, format);
    return columns[0]?.name === keyName ? members(reader, rows, values[0] ?? [], records) : records;
  });
}

function readHeader(header: string, format: CellFormat): readonly Column[] {
  if (header === "") return [];
  const formats = { row: format, inner: { ...format, stops: innerStops } };
  const columns = header.split(cellSeparator).map((text) => readColumn(text, formats));
  checkColumns(columns);
  return columns;
}

function readValues(
  reader: TextReader,
  columns: readonly Column[],
  { cells, starts }: Rows,
  format: CellFormat,
): readonly (readonly Value[])[] {
  try {
    return decodeColumns({
      columns,
      cells,
      count: starts.length,
      format,
      nested: (column, own) => nestedReader(column, own, format),
    });
  } catch (error) {
    if (!(error instanceof PlacedCellError)) throw error;
    const start = starts[error.row] ?? 0;
    return reader.fail(cellOffset(reader.text, start, error.cell), error.message, error);
  }
}

/** In their order, those from the columns and those that stand outside as JSON. */
function readRecords(
  reader: TextReader,
  columns: readonly Column[],
  { records, starts }: Rows,
  values: readonly (readonly Value[])[],
  { numbers }: CellFormat,
): JsonValue[] {
  const build = recordBuilder(columns);
  const rest = columns.at(-1)?.name === restName ? values.at(-1) : undefined;
  let row = 0;
  return records.map((outside) => {
    if (outside) {
      return located(reader, outside.offset, () => readJsonCell(outside.json, numbers));
    }
    const record = build(values, row);
    const more = rest?.[row];
    if (more !== undefined) located(reader, starts[row] ?? 0, () => addRest(record, more));
    row++;
    return record;
  });
}

function addRest(record: Record<string, JsonValue>, rest: JsonValue): void {
  if (!isObject(rest)) return fail(`${restName} holds no object`);
  for (const [key, value] of Object.entries(rest)) addMember(record, key, value);
}

function members(
  reader: TextReader,
  rows: Rows,
  keys: readonly Value[],
  records: readonly JsonValue[],
): JsonValue {
  const result: Record<string, JsonValue> = {};
  let row = 0;
  for (const [i, record] of records.entries()) {
    const outside = rows.records[i];
    const offset = outside?.offset ?? rows.starts[row] ?? 0;
    located(reader, offset, () => {
      const [key, value] = outside ? memberOf(record) : [keys[row], record];
      if (typeof key !== "string") fail("a key is no string");
      else addMember(result, key, value);
    });
    if (!outside) row++;
  }
  return result;
}

/** A member that stands outside the columns is a pair of its key and its value. */
function memberOf(pair: JsonValue): readonly [JsonValue, JsonValue] {
  const [key, value, ...more]: readonly JsonValue[] = Array.isArray(pair) ? pair : [];
  if (key === undefined || value === undefined || more.length > 0) {
    return fail("a pair of key and value is missing");
  }
  return [key, value];
}

function addMember(target: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (Object.hasOwn(target, key)) fail(`the key ${JSON.stringify(shorten(key))} occurs twice`);
  setMember(target, key, value);
}

/** Adds the place of `offset` to a cell's error. */
function located<T>(reader: TextReader, offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    return reader.fail(offset, error.message, error);
  }
}
