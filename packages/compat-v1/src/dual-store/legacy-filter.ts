import { type Filter, type JsonValue, PalimpsestError } from "@palimpsest/core";
import type { LegacyFilter } from "./types.ts";

type Test = (record: Readonly<Record<string, unknown>>) => boolean;
type ValueTest = (value: unknown) => boolean;

/**
 * The part of MongoDB's filter language that v1's callers used, evaluated here: nothing of it
 * reaches the server.
 * @throws `E_INVALID_INPUT` naming an operator that is not known
 */
export function toTest(filter: LegacyFilter): Test {
  const tests = Object.entries(filter).map(([key, value]): Test => {
    if (key === "$and") return every(parts(key, value));
    if (key === "$or") return some(parts(key, value));
    if (key === "$nor") {
      const any = some(parts(key, value));
      return (record) => !any(record);
    }
    if (key.startsWith("$")) throw unknown(key);
    const matches = valueTest(value);
    return (record) => matches(valueAt(record, key));
  });
  return every(tests);
}

/** A Chroma `where` over scalar metadata as the core's filter. @throws `E_INVALID_INPUT` */
export function toFilter(where: LegacyFilter): Filter {
  const filters = Object.entries(where).flatMap(([key, value]): Filter[] => {
    if (key === "$and" || key === "$or") {
      const op = key === "$and" ? "and" : "or";
      return [{ op, filters: list(key, value).map((part) => toFilter(part)) }];
    }
    if (key.startsWith("$")) throw unknown(key);
    if (!isOperators(value)) return [{ op: "eq", path: [key], value: value as JsonValue }];
    return Object.entries(value).map(([op, operand]) => comparison(key, op, operand));
  });
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? only : { op: "and", filters };
}

function comparison(key: string, operator: string, operand: unknown): Filter {
  const path = [key] as const;
  switch (operator) {
    case "$eq":
    case "$ne":
      return { op: operator === "$eq" ? "eq" : "ne", path, value: operand as JsonValue };
    case "$in":
    case "$nin":
      return { op: operator === "$in" ? "in" : "nin", path, values: operand as JsonValue[] };
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return { op: operator.slice(1) as "gt", path, value: operand as number };
    default:
      throw unknown(operator);
  }
}

function valueTest(condition: unknown): ValueTest {
  if (condition instanceof RegExp)
    return (value) => typeof value === "string" && condition.test(value);
  if (!isOperators(condition)) return (value) => isMember(value, condition);
  const tests = Object.entries(condition).map(([operator, operand]) =>
    operatorTest(operator, operand, condition),
  );
  return (value) => tests.every((test) => test(value));
}

function operatorTest(
  operator: string,
  operand: unknown,
  condition: Readonly<Record<string, unknown>>,
): ValueTest {
  switch (operator) {
    case "$eq":
      return (value) => isMember(value, operand);
    case "$ne":
      return (value) => !isMember(value, operand);
    case "$in":
    case "$nin": {
      const among = (value: unknown): boolean =>
        array(operator, operand).some((each) => isMember(value, each));
      return operator === "$in" ? among : (value) => !among(value);
    }
    case "$exists":
      return (value) => (value !== undefined) === Boolean(operand);
    case "$not": {
      const inner = valueTest(operand);
      return (value) => !inner(value);
    }
    case "$regex": {
      const pattern = regex(operand, condition["$options"]);
      return (value) => typeof value === "string" && pattern.test(value);
    }
    case "$options":
      return () => true;
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return (value) => compares(operator, value, operand);
    default:
      throw unknown(operator);
  }
}

function compares(operator: string, value: unknown, operand: unknown): boolean {
  const [a, b] = [comparable(value), comparable(operand)];
  if (a === undefined || b === undefined || typeof a !== typeof b) return false;
  if (operator === "$gt") return a > b;
  if (operator === "$gte") return a >= b;
  return operator === "$lt" ? a < b : a <= b;
}

function comparable(value: unknown): number | string | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === "number" || typeof value === "string" ? value : undefined;
}

/** Whole equality, or membership in an array, as MongoDB has it; null matches a missing field. */
function isMember(value: unknown, wanted: unknown): boolean {
  if (isSame(value, wanted)) return true;
  return Array.isArray(value) && value.some((each) => isSame(each, wanted));
}

function isSame(a: unknown, b: unknown): boolean {
  if ((a ?? null) === (b ?? null)) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

function regex(source: unknown, options: unknown): RegExp {
  if (source instanceof RegExp) return source;
  try {
    return new RegExp(String(source), typeof options === "string" ? options : "");
  } catch (cause) {
    throw new PalimpsestError("E_INVALID_INPUT", "the filter's $regex is malformed", { cause });
  }
}

function parts(key: string, value: unknown): Test[] {
  return list(key, value).map((part) => toTest(part));
}

function list(key: string, value: unknown): LegacyFilter[] {
  return array(key, value) as LegacyFilter[];
}

function array(key: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new PalimpsestError("E_INVALID_INPUT", `the filter's ${key} needs an array`);
}

function every(tests: readonly Test[]): Test {
  return (record) => tests.every((test) => test(record));
}

function some(tests: readonly Test[]): Test {
  return (record) => tests.some((test) => test(record));
}

function isOperators(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (value instanceof Date || value instanceof RegExp) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

/** A dotted name goes into objects, unless the object has it as a whole. */
function valueAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let value: unknown = record;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function unknown(operator: string): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `the filter operator ${operator} is not known; known are $eq $ne $gt $gte $lt $lte $in $nin $exists $not $regex $and $or $nor`,
  );
}
