import type { JsonValue } from "@palimpsest/core";
import { isRawNumber, numberText, readNumber } from "../../json/raw-number.ts";
import { type CellFormat, quote, readJsonCell, unescapeText, writeText } from "./cell.ts";
import type { Codec } from "./codec.ts";

/** JSON's number syntax, and the same without the zero before a point. */
const numberLike = /^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const word = /^(?:true|false|null)$/;
const startsLikeData = /^[-.\d[{tfn]/;

/** Numbers, `true`, `false` and `null` as in JSON (but `.5`), bare text, and JSON of the rest. */
export function plain(format: CellFormat): Codec {
  return {
    spec: "",
    write: (value) => writePlain(value, format),
    read: (cell) => readPlain(cell, format),
  };
}

function writePlain(value: JsonValue, format: CellFormat): string | undefined {
  if (typeof value === "string") {
    return isText(value) ? writeText(value, format.stops) : quote(value);
  }
  if (typeof value === "number" || isRawNumber(value)) return writeNumber(numberText(value));
  if (typeof value !== "object" || value === null) return String(value);
  return format.stops === "" ? format.json(value) : undefined;
}

function isText(value: string): boolean {
  if (!startsLikeData.test(value)) return true;
  const first = value[0];
  return first !== "[" && first !== "{" && !numberLike.test(value) && !word.test(value);
}

function writeNumber(source: string): string {
  if (source.startsWith("0.")) return source.slice(1);
  return source.startsWith("-0.") ? `-${source.slice(2)}` : source;
}

function readPlain(cell: string, format: CellFormat): JsonValue {
  if (!startsLikeData.test(cell)) return unescapeText(cell);
  const first = cell[0];
  if (first === "[" || first === "{") return readJsonCell(cell, format.numbers);
  if (numberLike.test(cell)) return readNumber(cell.replace(/^-?(?=\.)/, "$&0"), format.numbers);
  if (cell === "true") return true;
  if (cell === "false") return false;
  return cell === "null" ? null : unescapeText(cell);
}
