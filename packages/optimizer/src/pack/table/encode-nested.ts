import type { JsonObject, JsonValue } from "@palimpsest/core";
import { type CellFormat, isScalar, missing } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import type { Column } from "../columns/column.ts";
import type { Fallback } from "../columns/fallback.ts";
import type { Leaf, LeafFacts } from "../choice/leaf.ts";
import { type ColumnPlan, isFilledObject, planColumns } from "./column-plan.ts";
import { type EncodedColumn, encodeColumns, type EncodeOptions } from "./encode-columns.ts";
import { layOut } from "./layout.ts";
import {
  cheapDefaults,
  innerSeparator,
  innerStops,
  nestedEscape,
  recordSeparator,
} from "../signs.ts";

/** Fewer records than this are shorter as JSON than with a header of their own. */
const fewestRecords = 3;

/**
 * A column of objects, or of arrays of objects, with one table for all its cells; undefined when the
 * values are something else or do not share their keys.
 */
export function encodeNested(
  { name, path, values }: Leaf,
  { arrays, objects }: LeafFacts,
  { dense, format }: EncodeOptions,
): EncodedColumn | undefined {
  if (path.length === 0 || arrays + objects === 0) return undefined;
  const many = arrays >= objects;
  const candidates = values.map((value) => recordsOf(value, many));
  const plans = planColumns(
    candidates.flatMap((records) => records ?? []),
    false,
  );
  const fitting = fitted(candidates, plans);
  const records = fitting.flatMap((cell) => cell ?? []);
  if (records.length < fewestRecords) return undefined;
  const inner = encodeRecords(records, plans, dense, format);
  if (inner === undefined) return undefined;
  let at = 0;
  const cells = values.map((value, row) => {
    const count = fitting[row]?.length ?? 0;
    if (count > 0) return inner.lines.slice(at, (at += count)).join(recordSeparator);
    return value === undefined ? missing : nestedEscape + format.json(value);
  });
  const fallback = nestedDefault(cells);
  return {
    column: { kind: "nested", name, path, many, columns: inner.columns, fallback },
    cells: fallback ? cells.map((cell) => (cell === fallback.cell ? "" : cell)) : cells,
  };
}

/** The records of the cells in which all have the planned keys in the planned order. */
function fitted(
  cells: readonly (readonly JsonObject[] | undefined)[],
  plans: readonly ColumnPlan[],
): (readonly JsonObject[] | undefined)[] {
  const { inside } = layOut(
    cells.flatMap((records) => records ?? []),
    plans,
    false,
  );
  let at = 0;
  return cells.map((records) => {
    const own = inside.slice(at, (at += records?.length ?? 0));
    return own.every(Boolean) ? records : undefined;
  });
}

function recordsOf(value: Value, many: boolean): readonly JsonObject[] | undefined {
  if (value === undefined) return undefined;
  const records: readonly JsonValue[] = many && Array.isArray(value) ? value : [value];
  if (many !== Array.isArray(value) || records.length === 0) return undefined;
  return records.every(isFlatRecord) ? records : undefined;
}

function isFlatRecord(value: JsonValue): value is JsonObject {
  return isFilledObject(value) && Object.values(value).every(isScalar);
}

interface EncodedRecords {
  readonly columns: readonly Column[];
  readonly lines: readonly string[];
}

function encodeRecords(
  records: readonly JsonObject[],
  plans: readonly ColumnPlan[],
  dense: boolean,
  outer: CellFormat,
): EncodedRecords | undefined {
  const { leaves } = layOut(records, plans, false);
  const format = { ...outer, stops: innerStops };
  for (const explicit of [false, true]) {
    const encoded = encodeColumns(leaves, { dense, format, explicit });
    const cells = encoded.flatMap((column) => (column.cells ? [column.cells] : []));
    if (cells.length === 0 || (cells.length === 1 && cells[0]?.some(isAmbiguous))) continue;
    return {
      columns: encoded.map(({ column }) => column),
      lines: records.map((_, row) => cells.map((column) => column[row]).join(innerSeparator)),
    };
  }
  return undefined;
}

/** A record of one cell must not look like an empty or a missing outer cell. */
function isAmbiguous(cell: string): boolean {
  return cell === "" || cell === missing;
}

function nestedDefault(cells: readonly string[]): (Fallback & { kind: "cell" }) | undefined {
  const counts = cheapDefaults.map((cheap) => cells.filter((cell) => cell === cheap).length);
  const most = Math.max(...counts);
  const cell = cheapDefaults[counts.indexOf(most)];
  return most > 1 && cell !== undefined ? { kind: "cell", cell } : undefined;
}
