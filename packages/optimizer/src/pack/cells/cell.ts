import { type JsonValue, parseJsonText } from "@palimpsest/core";
import { parseJson } from "../../json/parse-json.ts";
import { isRawNumber, type NumberMode } from "../../json/raw-number.ts";
import { CellError, type Codec, type Value } from "../codecs/codec.ts";

export const missing = "~";

/** A text is bare when no reader could take it for a quoted string, an escape or a row's sign. */
export function isBare(text: string, stops: string): boolean {
  const first = text.charCodeAt(0);
  // Of an empty text the first code is NaN.
  if (!(first >= 0) || first === 34 || first === 61 || first === 33 || text === missing) {
    return false;
  }
  for (const stop of stops) if (text.includes(stop)) return false;
  return true;
}

/** JSON of a string; well formed even where the string is not, and free of tabs and line ends. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

export function unquote(cell: string): string {
  // A string has no keys, so `parseJsonText` would look for them in vain.
  const value = jsonOf(() => JSON.parse(cell) as JsonValue);
  return typeof value === "string" ? value : fail("a quoted string is not closed");
}

// What JSON.stringify escapes, but the quote.
// oxlint-disable-next-line no-control-regex -- exactly these have to be escaped
const special = /[\\\u0000-\u001f\p{Cs}]/gu;
const hasSpecial = new RegExp(special.source, "u");

/** The inside of a JSON string, but quotes stay as they are: a bare cell needs no closing one. */
export function escapeText(text: string): string {
  if (!hasSpecial.test(text)) return text;
  return text.replace(special, (sign) => JSON.stringify(sign).slice(1, -1));
}

export function unescapeText(cell: string): string {
  if (!cell.includes("\\")) return cell;
  const quoted = cell.replace(/\\.|"/gsu, (part) => (part === '"' ? '\\"' : part));
  return unquote(`"${quoted}"`);
}

/** A string as a bare cell, or quoted where that would be ambiguous. */
export function writeText(text: string, stops: string): string {
  return isBare(text, stops) ? escapeText(text) : quote(text);
}

export function readJsonCell(cell: string, numbers: NumberMode): JsonValue {
  return jsonOf(() => (numbers === "native" ? parseJsonText(cell) : parseJson(cell, { numbers })));
}

function jsonOf(read: () => JsonValue): JsonValue {
  try {
    return read();
  } catch (error) {
    throw new CellError("the cell holds no valid JSON", { cause: error });
  }
}

export interface CellFormat {
  /** Characters that end a cell here, beside tab and line end. */
  readonly stops: string;
  readonly numbers: NumberMode;
  /** Minified JSON of a checked value. */
  json(value: JsonValue): string;
}

/** A present value: through the codec, or escaped as a quoted string or as `=` and JSON. */
export function writeCell(
  value: JsonValue,
  base: Value,
  codec: Codec,
  format: Pick<CellFormat, "json">,
): string {
  const cell = codec.write(value, base);
  if (cell !== undefined) return cell;
  return typeof value === "string" ? quote(value) : `=${format.json(value)}`;
}

/** The value of a cell that is neither empty nor `~`. */
export function readCell(cell: string, base: Value, codec: Codec, numbers: NumberMode): JsonValue {
  const first = cell.charCodeAt(0);
  if (first === 34) return unquote(cell);
  if (first === 61) return readJsonCell(cell.slice(1), numbers);
  if (first === 33) return fail('a cell cannot start with "!"');
  return codec.read(cell, base);
}

/** Whether a plain cell holds an array or object. */
export function isNestedCell(cell: string): boolean {
  return /^=?[[{]/.test(cell);
}

export function isScalar(value: Value): boolean {
  return typeof value !== "object" || value === null || isRawNumber(value);
}

export function fail(problem: string): never {
  throw new CellError(problem);
}
