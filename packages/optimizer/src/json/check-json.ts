import { findProblem } from "./find-problem.ts";
import { isDense, isNumberLiteral, isPlainObject } from "./plain-data.ts";

/** What a writer must know about a value that passed. */
export interface CheckedJson {
  /** `JSON.stringify` writes it without loss: no −0, no nesting that could exhaust the stack. */
  readonly plain: boolean;
}

/** Deeper values take the slower path, which needs no stack and finds cycles. */
const shallow = 200;

/**
 * Accepts what JSON can hold exactly, and raw numbers. Objects without a prototype count as plain.
 * @param name what messages call the value
 * @throws `E_INVALID_INPUT` naming the path of the first value that does not fit: cyclic values,
 * `undefined`, holes, functions, symbols, BigInt, NaN, Infinity, class instances (Date, Map, …)
 */
export function checkJson(value: unknown, name: string = "value"): CheckedJson {
  const seen = { negativeZero: false };
  if (fits(value, 0, seen)) return { plain: !seen.negativeZero };
  findProblem(value, name);
  return { plain: false };
}

function fits(value: unknown, depth: number, seen: { negativeZero: boolean }): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") {
    if (value === 0 && Object.is(value, -0)) seen.negativeZero = true;
    return Number.isFinite(value);
  }
  if (typeof value !== "object" || depth > shallow) return false;
  if (Array.isArray(value)) {
    if (!isDense(value)) return false;
    for (const element of value) if (!fits(element, depth + 1, seen)) return false;
    return true;
  }
  if (!isPlainObject(value)) return isNumberLiteral(value);
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    if (!fits(members[key], depth + 1, seen)) return false;
  }
  return true;
}
