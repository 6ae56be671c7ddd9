import { PalimpsestError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { parseJsonText } from "./json-text.ts";
import { canonicalJson } from "./seal.ts";

/** Keys from the metadata's root; array elements are not addressed. */
export type FilterPath = readonly [string, ...string[]];

/**
 * The one filter language, over a document's metadata, two-valued. A missing path satisfies only
 * `exists: false`, `ne` and `nin`. Values of different types never compare; `null` equals `null`.
 * Strings order by UTF-16 code unit, booleans false before true.
 */
export type Filter =
  | { readonly op: "eq" | "ne"; readonly path: FilterPath; readonly value: JsonValue }
  | { readonly op: "in" | "nin"; readonly path: FilterPath; readonly values: readonly JsonValue[] }
  | {
      readonly op: "gt" | "gte" | "lt" | "lte";
      readonly path: FilterPath;
      readonly value: number | string | boolean;
    }
  | { readonly op: "exists"; readonly path: FilterPath; readonly value: boolean }
  /** The path holds an array with an element equal to `value`. */
  | { readonly op: "contains"; readonly path: FilterPath; readonly value: JsonValue }
  | { readonly op: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly op: "not"; readonly filter: Filter };

/** The reference evaluator: what any driver's compiled form must agree with. Expects a filter that `parseFilter` accepts. */
export function matchesFilter(filter: Filter, metadata: JsonObject): boolean {
  switch (filter.op) {
    case "and":
      return filter.filters.every((part) => matchesFilter(part, metadata));
    case "or":
      return filter.filters.some((part) => matchesFilter(part, metadata));
    case "not":
      return !matchesFilter(filter.filter, metadata);
    default:
      return matchesValue(filter, valueAt(metadata, filter.path));
  }
}

type Comparison = Exclude<Filter, { op: "and" | "or" | "not" }>;

function matchesValue(filter: Comparison, value: JsonValue | undefined): boolean {
  switch (filter.op) {
    case "eq":
      return value !== undefined && equals(value, filter.value);
    case "ne":
      return value === undefined || !equals(value, filter.value);
    case "in":
      return value !== undefined && filter.values.some((candidate) => equals(value, candidate));
    case "nin":
      return value === undefined || !filter.values.some((candidate) => equals(value, candidate));
    case "exists":
      return (value !== undefined) === filter.value;
    case "contains":
      return Array.isArray(value) && value.some((element) => equals(element, filter.value));
    default:
      return compares(filter.op, value, filter.value);
  }
}

function compares(
  op: "gt" | "gte" | "lt" | "lte",
  value: JsonValue | undefined,
  bound: number | string | boolean,
): boolean {
  if (value === undefined || value === null || typeof value !== typeof bound) return false;
  if (op === "gt") return value > bound;
  if (op === "gte") return value >= bound;
  return op === "lt" ? value < bound : value <= bound;
}

function valueAt(metadata: JsonObject, path: FilterPath): JsonValue | undefined {
  let value: JsonValue | undefined = metadata;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function equals(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return canonicalJson(a) === canonicalJson(b);
}

const leafOperators = new Set(["eq", "ne", "gt", "gte", "lt", "lte", "exists", "contains"]);
const maxDepth = 32;

/**
 * Checks untrusted input (a CLI flag, a request body) and returns it as a filter.
 * @throws `E_INVALID_INPUT` naming the offending part
 */
export function parseFilter(input: unknown, at: string = "filter", depth: number = 0): Filter {
  if (!isObject(input)) return invalid(at, "must be an object with an `op`");
  if (depth > maxDepth) return invalid(at, `is nested deeper than ${maxDepth} levels`);
  const { op } = input;
  if (op === "and" || op === "or") {
    return {
      op,
      filters: list(input, "filters", at).map((part, i) =>
        parseFilter(part, `${at}.filters[${i}]`, depth + 1),
      ),
    };
  }
  if (op === "not") return { op, filter: parseFilter(input["filter"], `${at}.filter`, depth + 1) };
  const path = parsePath(input["path"], at);
  if (op === "in" || op === "nin") {
    return { op, path, values: list(input, "values", at).map((value) => json(value, at)) };
  }
  if (typeof op !== "string" || !leafOperators.has(op)) {
    return invalid(
      at,
      `has the unknown operator ${JSON.stringify(op)}; use eq, ne, in, nin, gt, gte, lt, lte, exists, contains, and, or, not`,
    );
  }
  return parseLeaf(op, path, input["value"], at);
}

function parseLeaf(op: string, path: FilterPath, value: JsonValue | undefined, at: string): Filter {
  if (op === "exists") {
    return typeof value === "boolean"
      ? { op, path, value }
      : invalid(at, "`exists` needs a boolean `value`");
  }
  if (op === "eq" || op === "ne" || op === "contains") return { op, path, value: json(value, at) };
  const ordered = json(value, at);
  if (typeof ordered === "object")
    return invalid(at, `\`${op}\` compares numbers, strings or booleans only`);
  return { op: op as "gt" | "gte" | "lt" | "lte", path, value: ordered };
}

function parsePath(path: unknown, at: string): FilterPath {
  const keys: unknown[] = Array.isArray(path) ? [...path] : [];
  const [first, ...rest] = keys.filter(isKey);
  if (first === undefined || rest.length + 1 < keys.length) {
    return invalid(at, "needs a `path`: a non-empty array of keys");
  }
  return [first, ...rest];
}

function isKey(key: unknown): key is string {
  return typeof key === "string" && key.isWellFormed() && !key.includes("\0");
}

function list(input: JsonObject, name: string, at: string): readonly JsonValue[] {
  const value = input[name];
  return Array.isArray(value) ? value : invalid(at, `needs an array \`${name}\``);
}

function json(value: unknown, at: string): JsonValue {
  if (value === undefined) return invalid(at, "needs a `value`");
  return parseJsonText(canonicalJson(value as JsonValue));
}

function invalid(at: string, problem: string): never {
  throw new PalimpsestError("E_INVALID_INPUT", `${at} ${problem}`);
}
