import { PalimpsestError, parseJsonText } from "@palimpsest/core";
import { isPlainObject } from "../keys/plain-object.ts";

/** The one member of an object that stands for what JSON does not know. */
const tag = "$cache";
const deepest = 200;

/**
 * JSON that also keeps dates, bytes, vectors, bigints, NaN, −0, undefined in lists, and objects
 * without a prototype. Members that are undefined are left out, as JSON does.
 * @throws `E_UNSUPPORTED` for functions, classes, cycles, and lists with holes or named members
 */
export function encodeTagged(value: unknown): string {
  return JSON.stringify(tagged(value, 0));
}

/** @throws `E_CORRUPT` or a `SyntaxError` for what `encodeTagged` did not write */
export function decodeTagged(text: string): unknown {
  return untagged(parseJsonText(text));
}

/** Whether JSON alone keeps a value: most are, and need neither a copy to write nor one to read. */
export function isJson(value: unknown, depth: number = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      if (depth > deepest) return false;
      if (Array.isArray(value)) {
        return isPlainList(value) && value.every((element) => isJson(element, depth + 1));
      }
      if (!isPlainObject(value) || Object.hasOwn(value, tag)) return false;
      return Object.getPrototypeOf(value) !== null && hasJsonMembers(value, depth);
    default:
      return false;
  }
}

/** JSON would fill holes, and lose what a match of a regular expression has beside its texts. */
function isPlainList(array: readonly unknown[]): boolean {
  const keys = Object.keys(array);
  return keys.length === array.length && (keys.length === 0 || isIndex(keys.at(-1)!));
}

/** Indices come before names. */
function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

function hasJsonMembers(object: Record<string, unknown>, depth: number): boolean {
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (member !== undefined && !isJson(member, depth + 1)) return false;
  }
  return true;
}

function tagged(value: unknown, depth: number): unknown {
  if (depth > deepest) throw unsupported(`more than ${deepest} levels, or a cycle`);
  switch (typeof value) {
    case "undefined":
      return { [tag]: "undefined" };
    case "bigint":
      return { [tag]: ["bigint", String(value)] };
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { [tag]: ["number", Object.is(value, -0) ? "-0" : String(value)] };
    case "string":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : taggedObject(value, depth);
    default:
      throw unsupported(`a ${typeof value}`);
  }
}

function taggedObject(value: object, depth: number): unknown {
  if (Array.isArray(value)) {
    if (!isPlainList(value)) throw unsupported("a list with holes or with named members");
    return value.map((element) => tagged(element, depth + 1));
  }
  // An invalid date is one without a time.
  if (value instanceof Date) return { [tag]: ["date", String(value.getTime())] };
  if (value instanceof URL) return { [tag]: ["url", value.href] };
  if (value instanceof Float32Array) return { [tag]: ["float32", base64Of(value)] };
  if (value instanceof Buffer) return { [tag]: ["buffer", base64Of(value)] };
  if (value instanceof Uint8Array) return { [tag]: ["bytes", base64Of(value)] };
  if (!isPlainObject(value))
    throw unsupported(`an object of class ${value.constructor?.name ?? "none"}`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => [key, tagged(member, depth + 1)] as const);
  const copy: unknown = Object.fromEntries(members);
  if (Object.getPrototypeOf(value) === null) return { [tag]: ["bare", copy] };
  return Object.hasOwn(value, tag) ? { [tag]: ["object", copy] } : copy;
}

function base64Of(array: Uint8Array | Float32Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

function untagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  return Object.hasOwn(value, tag)
    ? restored((value as Record<string, unknown>)[tag])
    : membersOf(value);
}

function membersOf(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, untagged(member)]));
}

function restored(content: unknown): unknown {
  if (content === "undefined") return undefined;
  const [kind, data] = Array.isArray(content) ? (content as unknown[]) : [];
  if (kind === "object" && isPlainObject(data)) return membersOf(data);
  if (kind === "bare" && isPlainObject(data)) return Object.setPrototypeOf(membersOf(data), null);
  if (typeof data === "string") {
    if (kind === "date") return new Date(Number(data));
    if (kind === "url") return new URL(data);
    if (kind === "bigint") return BigInt(data);
    if (kind === "number") return Number(data);
    if (kind === "bytes") return new Uint8Array(Buffer.from(data, "base64"));
    if (kind === "buffer") return Buffer.from(data, "base64");
    if (kind === "float32") return floatsOf(Buffer.from(data, "base64"));
  }
  throw new PalimpsestError(
    "E_CORRUPT",
    "a cached value holds a mark that this version does not know",
  );
}

/** Copies only when the bytes begin where no number can. @throws `E_CORRUPT` */
export function floatsOf(bytes: Uint8Array, start: number = 0): Float32Array {
  const length = bytes.length - start;
  if (length % 4 !== 0) {
    throw new PalimpsestError("E_CORRUPT", "a cached vector does not consist of whole numbers");
  }
  const offset = bytes.byteOffset + start;
  if (offset % 4 === 0) return new Float32Array(bytes.buffer, offset, length / 4);
  return new Float32Array(bytes.slice(start).buffer);
}

function unsupported(what: string): PalimpsestError {
  return new PalimpsestError(
    "E_UNSUPPORTED",
    `a cached value holds ${what}, which other processes could not read; cache plain data`,
  );
}
