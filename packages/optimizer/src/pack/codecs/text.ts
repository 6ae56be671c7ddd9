import { type CellFormat, escapeText, isBare, unescapeText } from "../cells/cell.ts";
import type { Codec } from "./codec.ts";

/** Every bare cell is a string, so that `007` or `true` need no quotes. */
export function text(format: CellFormat): Codec {
  return {
    spec: "text",
    write: (value) =>
      typeof value === "string" && isBare(value, format.stops) ? escapeText(value) : undefined,
    read: unescapeText,
  };
}
