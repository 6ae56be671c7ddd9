import type { Filter, FilterPath, JsonValue } from "@palimpsest/core";
import type { ChromaWhere } from "./chroma-client.ts";
import { valueKey, valueText } from "./entry-metadata.ts";

/** A condition, or its known answer. */
export type Condition = ChromaWhere | "all" | "none";

type Comparison = "gt" | "gte" | "lt" | "lte";

/** Chroma's server binds every value to SQLite and nests one query per condition. */
const mostValues = 500;

/** @returns undefined when Chroma could not answer the filter exactly as `matchesFilter` does */
export function compileFilter(filter: Filter): Condition | undefined {
  return countValues(filter) > mostValues ? undefined : compile(filter, false);
}

/** Both conditions together. */
export function allOf(conditions: readonly Condition[]): Condition {
  return join("$and", conditions);
}

/** Negation is moved inwards to the comparisons: Chroma has no `not`. */
function compile(filter: Filter, negated: boolean): Condition | undefined {
  switch (filter.op) {
    case "not":
      return compile(filter.filter, !negated);
    case "and":
    case "or": {
      const parts = filter.filters.map((part) => compile(part, negated));
      if (!parts.every((part) => part !== undefined)) return undefined;
      return join((filter.op === "and") === negated ? "$or" : "$and", parts);
    }
    case "eq":
    case "ne":
      return isAny(filter.path, [filter.value], (filter.op === "ne") !== negated);
    case "in":
    case "nin":
      return isAny(filter.path, filter.values, (filter.op === "nin") !== negated);
    case "exists":
    case "contains":
      return undefined;
    default:
      return compare(filter.op, filter.path, filter.value, negated);
  }
}

function isAny(
  path: FilterPath,
  values: readonly JsonValue[],
  negated: boolean,
): Condition | undefined {
  if (path.length > 1) return undefined;
  const texts = [...new Set(values.map(valueText))];
  if (texts.length === 0) return negated ? "all" : "none";
  return { [valueKey(path[0])]: negated ? { $nin: texts } : { $in: texts } };
}

function compare(
  op: Comparison,
  path: FilterPath,
  bound: number | string | boolean,
  negated: boolean,
): Condition | undefined {
  if (typeof bound === "boolean") {
    return isAny(
      path,
      [false, true].filter((value) => holds(op, value, bound)),
      negated,
    );
  }
  // Chroma compares whole numbers with whole numbers only, and a row per number slows every write.
  return undefined;
}

function holds(op: Comparison, value: boolean, bound: boolean): boolean {
  if (value === bound) return op === "gte" || op === "lte";
  return value === (op === "gt" || op === "gte");
}

/** Chroma wants two conditions at least. */
function join(op: "$and" | "$or", conditions: readonly Condition[]): Condition {
  const [neutral, decisive] =
    op === "$and" ? (["all", "none"] as const) : (["none", "all"] as const);
  if (conditions.includes(decisive)) return decisive;
  const rest = conditions.filter((condition) => typeof condition !== "string");
  const [first] = rest;
  if (first === undefined) return neutral;
  if (rest.length === 1) return first;
  return op === "$and" ? { $and: rest } : { $or: rest };
}

function countValues(filter: Filter): number {
  switch (filter.op) {
    case "not":
      return countValues(filter.filter);
    case "and":
    case "or":
      return filter.filters.reduce((sum, part) => sum + countValues(part), 0);
    case "in":
    case "nin":
      return filter.values.length + 1;
    default:
      return 1;
  }
}
