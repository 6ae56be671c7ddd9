import type { JsonValue } from "@palimpsest/core";
import { type CellFormat, isScalar, missing, writeCell } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import { plain } from "../codecs/plain.ts";
import { isRawNumber } from "../../json/raw-number.ts";
import { type HoistedColumn, maxRepeated } from "../columns/column.ts";
import type { Leaf, LeafFacts } from "./leaf.ts";
import { successor } from "../columns/successor.ts";
import { fitsHeader } from "../columns/write-column.ts";

/** Fewer records than this do not show that a column counts up. */
const shortestCount = 3;

/** The column without cells, when all records agree on its value or it counts up from the first. */
export function hoist(
  leaf: Leaf,
  facts: LeafFacts,
  format: CellFormat,
  counting: boolean,
): HoistedColumn | undefined {
  const { name, path, values } = leaf;
  const [first] = values;
  if (first === undefined) return undefined;
  const counts = counting && facts.repeatable && countsUp(values);
  if (!counts && !isConstant(first, values, format)) return undefined;
  const cell = hoistedText(first, format);
  return cell === undefined ? undefined : { kind: "hoisted", name, path, cell, counts };
}

function hoistedText(first: JsonValue, format: CellFormat): string | undefined {
  const cell = writeCell(first, undefined, plain(format), format);
  return cell === missing || !fitsHeader(cell, format.stops !== "") ? undefined : cell;
}

function countsUp(values: readonly Value[]): boolean {
  if (values.length < shortestCount) return false;
  return values.every((value, i) => i === 0 || successor(values[i - 1]) === value);
}

function isConstant(first: JsonValue, values: readonly Value[], format: CellFormat): boolean {
  if (isRawNumber(first)) {
    return values.every((value) => isRawNumber(value) && value.rawJSON === first.rawJSON);
  }
  if (isScalar(first)) return values.every((value) => Object.is(value, first));
  if (values.some(isScalar)) return false;
  const text = format.json(first);
  if (text.length > maxRepeated) return false;
  return values.every((value) => value !== undefined && format.json(value) === text);
}
