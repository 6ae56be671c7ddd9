import { PalimpsestError } from "@palimpsest/core";
import { isDense, isNumberLiteral, isPlainObject } from "./plain-data.ts";
import { isRawNumber } from "./raw-number.ts";
import { withArticle } from "../value-words.ts";
import { shorten } from "./shorten.ts";

interface Frame {
  readonly value: object;
  readonly keys: readonly string[];
  next: number;
}

/**
 * Walks a value of any depth without using the stack. Returns when everything fits.
 * @throws `E_INVALID_INPUT` naming the path of the first value that does not
 */
export function findProblem(root: unknown, name: string): void {
  const frames: Frame[] = [];
  const ancestors = new Set<object>();
  enter(root);
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const key = frame.keys[frame.next++];
    if (key === undefined) {
      ancestors.delete(frame.value);
      frames.pop();
    } else {
      enter(Reflect.get(frame.value, key));
    }
  }

  function enter(value: unknown): void {
    const problem = problemOf(value, ancestors);
    if (problem !== undefined) {
      throw new PalimpsestError("E_INVALID_INPUT", `${name}${describePath(frames)} ${problem}`);
    }
    if (typeof value !== "object" || value === null || isRawNumber(value)) return;
    ancestors.add(value);
    frames.push({ value, keys: Object.keys(value), next: 0 });
  }
}

function problemOf(value: unknown, ancestors: ReadonlySet<object>): string | undefined {
  switch (typeof value) {
    case "undefined":
      return "is undefined, which JSON cannot hold; leave the key out or use null";
    case "bigint":
      return "is a BigInt; pass JSON.rawJSON(String(value)) or a string";
    case "function":
    case "symbol":
      return `is a ${typeof value}, which JSON cannot hold`;
    case "number":
      return Number.isFinite(value) ? undefined : `is ${value}, which JSON cannot hold`;
    case "object":
      return value === null ? undefined : problemOfObject(value, ancestors);
    default:
      return undefined;
  }
}

function problemOfObject(value: object, ancestors: ReadonlySet<object>): string | undefined {
  if (ancestors.has(value)) return "contains itself; JSON cannot hold cycles";
  if (Array.isArray(value)) {
    return isDense(value) ? undefined : "is an array with holes or with named members";
  }
  if (isRawNumber(value)) {
    return isNumberLiteral(value)
      ? undefined
      : "is JSON.rawJSON of no number; pass the value itself";
  }
  if (isPlainObject(value)) return undefined;
  if (Object.getOwnPropertySymbols(value).length > 0) return "has symbol keys";
  return `is ${withArticle(className(value))}; convert it to plain JSON first, for example to a string`;
}

function className(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "class instance";
}

/** The first and last keys of a path are enough to find a place in a deep value. */
const shownKeys = 8;

function describePath(frames: readonly Frame[]): string {
  const keys = frames.map(({ value, keys: all, next }) => {
    const key = all[next - 1] ?? "";
    return Array.isArray(value) ? `[${key}]` : `[${JSON.stringify(shorten(key))}]`;
  });
  if (keys.length <= 2 * shownKeys) return keys.join("");
  const left = keys.length - 2 * shownKeys;
  return `${keys.slice(0, shownKeys).join("")}…(${left} more)…${keys.slice(-shownKeys).join("")}`;
}
