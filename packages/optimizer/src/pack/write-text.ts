import type { JsonValue } from "@palimpsest/core";
import { writeName } from "./columns/name.ts";
import { splitDocument, type TablePart } from "./document.ts";
import { marker, moreSign, tableSign } from "./signs.ts";
import { encodeTable, type TableOptions } from "./table/encode-table.ts";

/** The packed text of a checked value; plain JSON when there is no table in it. */
export function writeText(value: JsonValue, options: TableOptions): string {
  const { frame, tables } = splitDocument(value);
  if (tables.length === 0) return options.json(value);
  const [first] = tables;
  if (first?.path.length === 0) {
    return `${marker} ${first.records.length}\n${table(first, options)}`;
  }
  const parts = tables.map((part, i) => {
    const more = i < tables.length - 1 ? moreSign : "";
    return `${tableSign}${writeName(part.path)} ${part.records.length}${more}\n${table(part, options)}`;
  });
  return `${marker} ${options.json(frame)}\n${parts.join("")}`;
}

/** One block of a stream of records. @param more another block follows */
export function writeBlock(
  records: readonly JsonValue[],
  more: boolean,
  options: TableOptions,
): string {
  return `${marker} ${records.length}${more ? moreSign : ""}\n${encodeTable(records, options)}`;
}

function table({ records, keys }: TablePart, options: TableOptions): string {
  return encodeTable(records, { ...options, keys });
}
