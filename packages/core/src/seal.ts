import { hash } from "node:crypto";
import type { Document, DocumentKey, StoredDocument } from "./document.ts";
import { PalimpsestError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { parseJsonText } from "./json-text.ts";

/** Limits that hold on every engine. Bytes are of UTF-8. */
export const limits: {
  readonly idBytes: number;
  readonly scopeBytes: number;
  readonly textBytes: number;
  readonly metadataBytes: number;
  readonly metadataDepth: number;
  /** At least this much of a text is found by lexical search. */
  readonly lexicalBytes: number;
} = {
  idBytes: 512,
  scopeBytes: 512,
  textBytes: 4 * 1024 * 1024,
  metadataBytes: 1024 * 1024,
  metadataDepth: 64,
  lexicalBytes: 256 * 1024,
};

/** A document that passed the edge: what a driver stores, byte for byte. */
export interface SealedDocument extends Document {
  readonly deleted: boolean;
  /** RFC 8785 text of the metadata. */
  readonly metadataJson: string;
  /** Lower-case hex SHA-256 of the RFC 8785 JSON of {scope, id, text, metadata, timestamp, deleted}. */
  readonly digest: string;
}

/**
 * Validates a document and computes its digest. The result holds a copy of the metadata with −0
 * turned into 0, so what a store reports is what it returns.
 * @throws `E_INVALID_INPUT` naming the field and the remedy
 */
export function sealDocument(document: Document): SealedDocument {
  checkKey(document);
  checkText(document.text, `text of ${describeKey(document)}`, limits.textBytes);
  const at = `metadata of ${describeKey(document)}`;
  if (!isPlainObject(document.metadata)) throw refused(at, "must be a plain JSON object");
  const metadataJson = serialize(document.metadata, at, 0);
  if (exceeds(metadataJson, limits.metadataBytes)) {
    throw refused(at, `is larger than ${limits.metadataBytes} bytes; put long content into text`);
  }
  return seal(document, metadataJson, document.timestamp, false);
}

/** The tombstone of a key; `timestamp` is the time of deletion, in epoch milliseconds. */
export function sealTombstone(key: DocumentKey, timestamp: number): SealedDocument {
  checkKey(key);
  return seal({ ...key, text: "" }, "{}", timestamp, true);
}

/** Recomputes the digest of a stored record. @throws `E_CORRUPT` when it does not match */
export function verifyDigest(record: StoredDocument): SealedDocument {
  const sealed = record.deleted
    ? sealTombstone({ scope: record.scope, id: record.id }, record.timestamp)
    : sealDocument(record);
  if (sealed.digest === record.digest) return sealed;
  throw new PalimpsestError(
    "E_CORRUPT",
    `${describeKey(record)} does not match its digest; fetch the record again from its source`,
  );
}

function seal(
  document: DocumentKey & { readonly text: string },
  metadataJson: string,
  timestamp: number,
  deleted: boolean,
): SealedDocument {
  const { scope, id, text } = document;
  if (!Number.isSafeInteger(timestamp)) {
    throw refused(`timestamp of ${describeKey(document)}`, "must be whole epoch milliseconds");
  }
  const time = timestamp === 0 ? 0 : timestamp;
  const canonical =
    `{"deleted":${deleted},"id":${JSON.stringify(id)},"metadata":${metadataJson},` +
    `"scope":${JSON.stringify(scope)},"text":${JSON.stringify(text)},"timestamp":${time}}`;
  return {
    scope,
    id,
    text,
    metadata: parseJsonText(metadataJson) as JsonObject,
    timestamp: time,
    deleted,
    metadataJson,
    digest: hash("sha256", canonical, "hex"),
  };
}

/** @throws `E_INVALID_INPUT` for an id or scope that some engine could not hold */
export function checkKey(key: DocumentKey): void {
  checkScope(key.scope);
  checkText(key.id, "id", limits.idBytes);
  if (key.id === "") throw refused("id", "must not be empty");
}

export function checkScope(scope: string): void {
  checkText(scope, "scope", limits.scopeBytes);
}

function checkText(text: unknown, what: string, maxBytes: number): void {
  if (typeof text !== "string") throw refused(what, `must be a string, got ${typeof text}`);
  checkCharacters(text, what);
  if (exceeds(text, maxBytes)) throw refused(what, `is longer than ${maxBytes} bytes of UTF-8`);
}

function checkCharacters(text: string, what: string): void {
  if (!text.isWellFormed()) {
    throw refused(what, "holds a lone surrogate; pass it through toWellFormed()");
  }
  if (text.includes("\0")) throw refused(what, "holds U+0000, which not every engine can store");
}

/** A UTF-16 unit takes at most 3 bytes, so most texts need no count. */
function exceeds(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

/**
 * RFC 8785 JSON. Own code instead of a library because validation happens in the same pass, which
 * is half of the cost of a write.
 * @throws `E_INVALID_INPUT` for anything that is not JSON
 */
export function canonicalJson(value: JsonValue): string {
  return serialize(value, "value", 0);
}

function serialize(value: unknown, at: string, depth: number): string {
  switch (typeof value) {
    case "string":
      checkCharacters(value, at);
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw refused(at, `holds ${value}; use null or a string`);
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= limits.metadataDepth) {
        throw refused(at, `is nested deeper than ${limits.metadataDepth} levels`);
      }
      return Array.isArray(value)
        ? serializeArray(value, at, depth)
        : serializeObject(value, at, depth);
    default:
      throw refused(at, `holds ${typeof value}, which is not JSON; leave the key out or use null`);
  }
}

function serializeArray(array: readonly unknown[], at: string, depth: number): string {
  let out = "[";
  for (let i = 0; i < array.length; i++) {
    out += `${i === 0 ? "" : ","}${serialize(array[i], at, depth + 1)}`;
  }
  return `${out}]`;
}

function serializeObject(object: object, at: string, depth: number): string {
  if (!isPlainObject(object)) {
    throw refused(
      at,
      `holds an object of class ${object.constructor?.name ?? "none"}; convert it to plain JSON`,
    );
  }
  let out = "{";
  // Default sort is by UTF-16 code unit, as RFC 8785 asks.
  for (const key of Object.keys(object).toSorted()) {
    checkCharacters(key, at);
    const value = serialize((object as Record<string, unknown>)[key], at, depth + 1);
    out += `${out === "{" ? "" : ","}${JSON.stringify(key)}:${value}`;
  }
  return `${out}}`;
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** For messages: quotes the key, shortened. */
export function describeKey(key: DocumentKey): string {
  const id = JSON.stringify(key.id.length > 80 ? `${key.id.slice(0, 80)}…` : key.id);
  return key.scope === ""
    ? `document ${id}`
    : `document ${id} in scope ${JSON.stringify(key.scope)}`;
}

function refused(what: string, problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `${what} ${problem}`);
}

const modulus = 1n << 256n;

/** Sum mod 2^256 of hex digests, as 64 hex digits: equal records never cancel out, unlike XOR. */
export function addDigests(digests: Iterable<string>, start: string = ""): string {
  let sum = start === "" ? 0n : BigInt(`0x${start}`);
  for (const digest of digests) sum += BigInt(`0x${digest}`);
  return (sum % modulus).toString(16).padStart(64, "0");
}
