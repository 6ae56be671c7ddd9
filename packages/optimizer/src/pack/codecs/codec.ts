import type { JsonValue } from "@palimpsest/core";

/** A value of one column in one record; undefined when the record has no such key. */
export type Value = JsonValue | undefined;

/** What a codec's cells are relative to: the row above, or another column of the same row. */
export type Base = { readonly kind: "above" } | { readonly kind: "column"; readonly name: string };

/** How the values of one column become cells. What it does not fit, the column escapes. */
export interface Codec {
  /** What stands after `:` in the header; empty for the plain codec. */
  readonly spec: string;
  readonly base?: Base;
  /** A bare cell (see `isBare`), or undefined when the value does not fit. */
  write(value: JsonValue, base: Value): string | undefined;
  /** @throws CellError when no value is written like this */
  read(cell: string, base: Value): JsonValue;
}

/** A cell that its column cannot hold; the table's reader adds the position. */
export class CellError extends Error {}
