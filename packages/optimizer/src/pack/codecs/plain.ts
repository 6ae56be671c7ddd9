import type { JsonValue } from "@palimpsest/core";
import { isRawNumber, type NumberMode, numberText, readNumber } from "../../json/raw-number.ts";
import { type CellFormat, quote, readJsonCell, unescapeText, writeText } from "../cells/cell.ts";
import type { Codec } from "./codec.ts";

/** JSON's number syntax, and the same without the zero before a point. */
const numberLike = /^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const word = /^(?:true|false|null)$/;
const firstOfNumber = codesOf("-.0123456789");
const firstOfWord = codesOf("tfn");
const firstOfNested = codesOf("[{");

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
  const first = value.charCodeAt(0);
  if (firstOfNumber.has(first)) return !numberLike.test(value);
  return !firstOfNested.has(first) && !(firstOfWord.has(first) && word.test(value));
}

function writeNumber(source: string): string {
  if (source.startsWith("0.")) return source.slice(1);
  return source.startsWith("-0.") ? `-${source.slice(2)}` : source;
}

function readPlain(cell: string, { numbers }: CellFormat): JsonValue {
  const first = cell.charCodeAt(0);
  if (firstOfNumber.has(first)) {
    return numberLike.test(cell) ? readShortNumber(cell, numbers) : unescapeText(cell);
  }
  if (firstOfNested.has(first)) return readJsonCell(cell, numbers);
  if (firstOfWord.has(first) && word.test(cell)) return cell === "null" ? null : cell === "true";
  return unescapeText(cell);
}

function readShortNumber(cell: string, numbers: NumberMode): JsonValue {
  return numbers === "native"
    ? Number(cell)
    : readNumber(cell.replace(/^-?(?=\.)/, "$&0"), numbers);
}

function codesOf(signs: string): ReadonlySet<number> {
  return new Set(Array.from(signs, (sign) => sign.charCodeAt(0)));
}
