import type { Codec } from "../codecs/codec.ts";
import type { Fallback } from "./fallback.ts";

/** One column of a table as its header states it. `name` is the path's text, unique in its table. */
export type Column = HoistedColumn | CellColumn | NestedColumn;

interface Named {
  readonly name: string;
  readonly path: readonly string[];
}

/** No cells: every record has the same value, or one that counts up by one. */
export interface HoistedColumn extends Named {
  readonly kind: "hoisted";
  /** The first value as a plain cell. */
  readonly cell: string;
  readonly counts: boolean;
}

export interface CellColumn extends Named {
  readonly kind: "cells";
  readonly codec: Codec;
  readonly fallback: Fallback | undefined;
}

/** Objects, or arrays of objects, with a table of their own inside each cell. */
export interface NestedColumn extends Named {
  readonly kind: "nested";
  readonly many: boolean;
  readonly columns: readonly Column[];
  readonly fallback: Fallback | undefined;
}

/** The name of the first column of a table whose records are the members of an object: their keys. */
export const keyName = "@key";
/** The name of the last column of a table whose records have rare or differently ordered keys. */
export const restName = "...";

/** Bounds the objects that one cell can open. */
export const maxPath = 6;
/** Longer texts are not repeated per record, be it as a default or as a constant array or object. */
export const maxRepeated = 200;
/** Nor are longer texts of arrays and objects as a default: each empty cell builds them anew. */
export const maxRepeatedNested = 40;
