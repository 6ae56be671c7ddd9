import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";

/** v1.2-lite could not write more than 497 levels. */
const deepest = 1000;

/** A plain object: neither a list nor an instance of a class. */
export function isRecord(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Admits what Python's `json` and v1.2-lite could hold alike.
 * @throws `E_INVALID_INPUT` naming the path of the first value that is not JSON
 */
export function checkJson(value: unknown, path: string = "record", depth: number = 0): JsonValue {
  const refuse = (what: string): never => {
    throw new PalimpsestError("E_INVALID_INPUT", `${path} ${what}; pass JSON values only`);
  };
  if (depth > deepest) refuse(`is nested deeper than ${deepest} levels`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : refuse(`is ${value}`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      checkJson(value[index], `${path}[${index}]`, depth + 1);
    }
    return value;
  }
  if (!isRecord(value))
    return refuse(`is ${typeof value === "object" ? "no plain object" : `a ${typeof value}`}`);
  for (const [key, member] of Object.entries(value)) {
    checkJson(member, `${path}.${key}`, depth + 1);
  }
  return value;
}
