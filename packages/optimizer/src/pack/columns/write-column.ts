import { readListSpec } from "../codecs/list.ts";
import { canBeDefault, writeFallback } from "./fallback.ts";
import type { CellColumn, Column, NestedColumn } from "./column.ts";

/** A codec's text that the header could not tell from what follows it is quoted. */
const ambiguousSpec = /[?",{}\\\t\n\r]|[\p{Cc}\p{Cs}]/u;

/** How the header states a column. */
export function writeColumn(column: Column): string {
  switch (column.kind) {
    case "hoisted":
      return `${column.name}=${column.cell}${column.counts ? "+" : ""}`;
    case "cells":
      return column.name + writeSpec(column) + writeDefault(column);
    case "nested":
      return `${column.name}${column.many ? "[;]" : ""}{${column.columns.map(writeColumn).join(",")}}${writeDefault(column)}`;
  }
}

function writeSpec({ codec: { spec } }: CellColumn): string {
  if (spec === "" || readListSpec(spec) !== undefined) return spec;
  return `:${ambiguousSpec.test(spec) ? JSON.stringify(spec) : spec}`;
}

function writeDefault({ fallback }: CellColumn | NestedColumn): string {
  return fallback === undefined ? "" : writeFallback(fallback);
}

const innerSign = /[,;{}"?=]/;

/** Whether a cell may stand in the header: inside a cell's own table it must not look like its signs. */
export function fitsHeader(cell: string, inner: boolean): boolean {
  return canBeDefault(cell) && !cell.endsWith("+") && !(inner && innerSign.test(cell));
}
