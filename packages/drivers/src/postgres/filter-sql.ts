import {
  canonicalJson,
  type Filter,
  type FilterPath,
  type JsonValue,
  PalimpsestError,
} from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";

/** Collects the values of a statement; the protocol counts parameters in 16 bits. */
export class Parameters {
  readonly values: unknown[];

  constructor(values: readonly unknown[] = []) {
    this.values = [...values];
  }

  /** @returns the placeholder */
  add(value: unknown): string {
    this.values.push(value);
    if (this.values.length <= 65_535) return `$${this.values.length}`;
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "the filter has more than 65,535 parts; use `in` with a list of values",
    );
  }
}

/**
 * A condition on the jsonb expression `metadata` that is never NULL and agrees with `matchesFilter`.
 * Keys and values are parameters.
 */
export function filterSql(filter: Filter, metadata: string, parameters: Parameters): string {
  switch (filter.op) {
    case "and":
    case "or":
      return combined(filter.op, filter.filters, metadata, parameters);
    case "not":
      return `(NOT ${filterSql(filter.filter, metadata, parameters)})`;
    default:
      return comparison(filter, valueAt(filter.path, metadata, parameters), parameters);
  }
}

function combined(
  op: "and" | "or",
  filters: readonly Filter[],
  metadata: string,
  parameters: Parameters,
): string {
  if (filters.length === 0) return op === "and" ? "TRUE" : "FALSE";
  const parts = filters.map((part) => filterSql(part, metadata, parameters));
  return `(${parts.join(op === "and" ? " AND " : " OR ")})`;
}

/** `->` with a text key looks into objects only, as a path does; a missing key gives NULL. */
function valueAt(path: FilterPath, metadata: string, parameters: Parameters): string {
  return path.reduce((at, key) => `(${at} -> ${parameters.add(key)}::text)`, metadata);
}

type Comparison = Exclude<Filter, { op: "and" | "or" | "not" }>;

function comparison(filter: Comparison, at: string, parameters: Parameters): string {
  switch (filter.op) {
    case "eq":
      return `coalesce(${at} = ${json(filter.value, parameters)}, FALSE)`;
    case "ne":
      return `coalesce(${at} <> ${json(filter.value, parameters)}, TRUE)`;
    case "in":
      return `coalesce(${at} = ANY (${jsonList(filter.values, parameters)}), FALSE)`;
    case "nin":
      return `coalesce(${at} <> ALL (${jsonList(filter.values, parameters)}), TRUE)`;
    case "exists":
      return `(${at} IS ${filter.value ? "NOT NULL" : "NULL"})`;
    case "contains":
      return `(CASE WHEN jsonb_typeof(${at}) = 'array' THEN EXISTS (SELECT FROM
        jsonb_array_elements(${at}) AS element WHERE element = ${json(filter.value, parameters)})
        ELSE FALSE END)`;
    default:
      return ordered(filter.op, at, filter.value, parameters);
  }
}

const operators = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function ordered(
  op: keyof typeof operators,
  at: string,
  bound: number | string | boolean,
  parameters: Parameters,
): string {
  const operator = operators[op];
  if (typeof bound !== "string") {
    return `(CASE WHEN jsonb_typeof(${at}) = '${typeof bound}'
      THEN ${at} ${operator} ${json(bound, parameters)} ELSE FALSE END)`;
  }
  const text = `(${at} #>> '{}')`;
  return `(CASE WHEN jsonb_typeof(${at}) = 'string' THEN ${utf16Order(text)} COLLATE "C"
    ${operator} ${parameters.add(inUtf16Order(bound))}::text COLLATE "C" ELSE FALSE END)`;
}

/**
 * Strings order by UTF-16 code unit, where U+E000 to U+FFFF come after everything above them. The
 * "C" collation orders by code point, so those are lifted behind the last code point, and that one
 * is kept below them.
 */
function utf16Order(text: string): string {
  return `(CASE WHEN octet_length(${text}) = char_length(${text}) THEN ${text} ELSE regexp_replace(
    replace(${text}, chr(1114111), chr(1114111) || chr(1)), '[\\uE000-\\uFFFF]', chr(1114111) || '\\&', 'g') END)`;
}

function inUtf16Order(text: string): string {
  return text
    .replaceAll("\u{10ffff}", "\u{10ffff}\u0001")
    .replaceAll(/[\ue000-\uffff]/gu, "\u{10ffff}$&");
}

function json(value: JsonValue, parameters: Parameters): string {
  return `${parameters.add(canonicalJson(value))}::text::jsonb`;
}

function jsonList(values: readonly JsonValue[], parameters: Parameters): string {
  return `${parameters.add(arrayLiteral(values.map((value) => canonicalJson(value))))}::text[]::jsonb[]`;
}
