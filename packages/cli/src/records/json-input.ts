import { isPalimpsestError, type JsonValue, PalimpsestError } from "@palimpsest/core";
import { parseJson } from "@palimpsest/optimizer";
import type { InputText } from "./input-text.ts";

export interface JsonInput {
  readonly name: string;
  /** Numbers that would not be printed back as written are `JSON.rawJSON` objects. */
  readonly value: JsonValue;
  /** One value per line; `value` is the array of them. */
  readonly isLines: boolean;
}

/**
 * Reads JSON, or JSONL when the first line is a whole value and others follow. A single line is
 * JSONL when `asLines` is set, or when the name ends so and the value is no list.
 * @throws `E_INVALID_INPUT` with the line and column where it is neither
 */
export function readJson({ name, text }: InputText, asLines: boolean = false): JsonInput {
  if (text.trim() === "" && !asLines) {
    throw new PalimpsestError("E_INVALID_INPUT", `${name} is empty; give JSON or JSONL`);
  }
  try {
    return asLines || isJsonLines(text, /\.(?:jsonl|ndjson)$/i.test(name))
      ? { name, value: parseLines(text), isLines: true }
      : { name, value: parseJson(text), isLines: false };
  } catch (error) {
    throw named(error, name);
  }
}

/** @throws `E_INVALID_INPUT` unless the value is a list of records */
export function recordsOf({ name, value }: JsonInput): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} holds one value, not a list of records; give a JSON array or JSONL`,
  );
}

/** The list itself, the one list inside an object, or a single record. */
export function recordsWithin(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (typeof value !== "object" || value === null) return [value];
  const [inner, ...others] = Object.values(value) as JsonValue[];
  return Array.isArray(inner) && others.length === 0 ? (inner as readonly JsonValue[]) : [value];
}

/** The same error, saying which input it is about. */
export function named(error: unknown, name: string): unknown {
  if (!isPalimpsestError(error)) return error;
  const { code, message, position } = error;
  return new PalimpsestError(code, `${name}: ${message}`, {
    cause: error,
    ...(position && { position }),
  });
}

function isJsonLines(text: string, namedSo: boolean): boolean {
  const first = /\S[^\n]*/u.exec(text);
  if (first === null) return false;
  const [line] = first;
  const othersFollow = /\S/u.test(text.slice(first.index + line.length));
  return (othersFollow || (namedSo && !line.startsWith("["))) && isJson(line);
}

function isJson(line: string): boolean {
  try {
    parseJson(line);
    return true;
  } catch (error) {
    if (isPalimpsestError(error, "E_INVALID_INPUT")) return false;
    throw error;
  }
}

function parseLines(text: string): JsonValue[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [parseJson(line)];
    } catch {
      // Behind as many line breaks, the same error names the line of the whole text.
      return [parseJson("\n".repeat(i) + line)];
    }
  });
}
