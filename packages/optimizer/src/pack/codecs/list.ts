import type { JsonValue } from "@palimpsest/core";
import { type CellFormat, fail, isScalar, quote, readCell } from "../cells/cell.ts";
import type { Codec, Value } from "./codec.ts";
import { plain } from "./plain.ts";
import { splitCells } from "../cells/split-cells.ts";

/** Arrays of scalars, none empty: elements as plain cells with a separator between. */
export function list(separator: string, outer: CellFormat): Codec {
  const format = { ...outer, stops: separator };
  const element = plain(format);
  return {
    spec: `[${separator}]`,
    write(value) {
      if (!Array.isArray(value) || value.length === 0 || !value.every(isScalar)) return undefined;
      const cell = value.map((part) => writeElement(part, element)).join(separator);
      // A cell that starts with a quote would be read as one string.
      return cell.startsWith('"') ? undefined : cell;
    },
    read: (cell) =>
      splitCells(cell, separator).map((part) =>
        part === "" || part === "~"
          ? fail("a list has an empty element")
          : readCell(part, undefined, element, format.numbers),
      ),
  };
}

function writeElement(part: JsonValue, element: Codec): string {
  return element.write(part, undefined) ?? quote(String(part));
}

const separators = [" ", ",", ";", "|"];

/** The separator of `[,]` and its like, which stand at a column's name without `:`. */
export function readListSpec(spec: string): string | undefined {
  return separators.find((separator) => spec === `[${separator}]`);
}

/** The separator that the fewest texts of the arrays contain. */
export function listSeparator(values: readonly Value[]): string {
  const texts = values
    .flatMap((value) => (Array.isArray(value) ? (value as readonly JsonValue[]) : []))
    .filter((part) => typeof part === "string");
  const counts = separators.map((sign) => texts.filter((part) => part.includes(sign)).length);
  return separators[counts.indexOf(Math.min(...counts))] ?? ",";
}
