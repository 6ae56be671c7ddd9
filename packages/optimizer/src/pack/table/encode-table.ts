import type { JsonValue } from "@palimpsest/core";
import type { CellFormat } from "../cells/cell.ts";
import { keyName } from "../columns/column.ts";
import { writeColumn } from "../columns/write-column.ts";
import { planColumns } from "./column-plan.ts";
import { encodeColumns } from "./encode-columns.ts";
import { encodeNested } from "./encode-nested.ts";
import { layOut } from "./layout.ts";
import { cellSeparator, outsideSign, repeatSign } from "../signs.ts";

export interface TableOptions {
  readonly dense: boolean;
  readonly json: (value: JsonValue) => string;
  /** Rows after which the column line is repeated; none when undefined. */
  readonly repeatHeader?: number | undefined;
  /** When the records are the members of an object: their keys. */
  readonly keys?: readonly string[] | undefined;
}

/** The column line and one line per record, each with its line end. */
export function encodeTable(records: readonly JsonValue[], options: TableOptions): string {
  const { dense, json, repeatHeader = Infinity, keys } = options;
  const format: CellFormat = { stops: "", numbers: "native", json };
  const { leaves, inside } = layOut(records, planColumns(records, true), true);
  const keyLeaf = keys
    ? [{ path: [], name: keyName, values: keys.filter((_, i) => inside[i]) }]
    : [];
  const encoded = encodeColumns([...keyLeaf, ...leaves], {
    dense,
    format,
    nested: (leaf, facts) => encodeNested(leaf, facts, { dense, format }),
  });
  const header = encoded.map(({ column }) => writeColumn(column)).join(cellSeparator);
  const columns = encoded.flatMap(({ cells }) => (cells ? [cells] : []));
  const lines = [header];
  let row = 0;
  for (const [i, record] of records.entries()) {
    if (i > 0 && i % repeatHeader === 0) lines.push(repeatSign + header);
    if (inside[i]) lines.push(rowLine(columns, row++));
    else lines.push(outsideSign + json(keys ? [keys[i] ?? "", record] : record));
  }
  return `${lines.join("\n")}\n`;
}

function rowLine(columns: readonly (readonly string[])[], row: number): string {
  let line = columns[0]?.[row] ?? "";
  for (let i = 1; i < columns.length; i++) line += cellSeparator + columns[i]?.[row];
  return line;
}
