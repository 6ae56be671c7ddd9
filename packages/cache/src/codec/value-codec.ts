import { PalimpsestError, parseJsonText } from "@palimpsest/core";
import { bufferOf } from "./byte-cursor.ts";
import { decodeTagged, encodeTagged, floatsOf, isJson } from "./tagged-json.ts";

/** How the bytes of a value are to be read. */
export const valueKinds = {
  undefined: 0,
  json: 1,
  text: 2,
  bytes: 3,
  float32: 4,
  tagged: 5,
  buffer: 6,
} as const;

type ValueKind = (typeof valueKinds)[keyof typeof valueKinds];

export interface EncodedValue {
  readonly kind: ValueKind;
  readonly bytes: Uint8Array;
}

/**
 * Vectors and bytes stay as they are, texts are UTF-8, everything else is JSON.
 * @throws `E_UNSUPPORTED` for what has no bytes, such as functions and classes
 */
export function encodeValue(value: unknown): EncodedValue {
  if (value === undefined) return { kind: valueKinds.undefined, bytes: new Uint8Array() };
  if (typeof value === "string" && value.isWellFormed()) {
    return { kind: valueKinds.text, bytes: Buffer.from(value) };
  }
  if (value instanceof Float32Array) return { kind: valueKinds.float32, bytes: bytesOf(value) };
  if (value instanceof Uint8Array) {
    // A buffer has other methods than a Uint8Array, such as a toString of its own.
    const kind = Buffer.isBuffer(value) ? valueKinds.buffer : valueKinds.bytes;
    return { kind, bytes: bytesOf(value) };
  }
  if (isJson(value)) return { kind: valueKinds.json, bytes: Buffer.from(JSON.stringify(value)) };
  return { kind: valueKinds.tagged, bytes: Buffer.from(encodeTagged(value)) };
}

/**
 * @param start - where the value begins in the bytes; it reaches to their end
 * @throws `E_CORRUPT`, or a `SyntaxError`, for damaged bytes
 */
export function decodeValue(kind: number, bytes: Uint8Array, start: number): unknown {
  switch (kind) {
    case valueKinds.undefined:
      return undefined;
    case valueKinds.json:
      return parseJsonText(bufferOf(bytes, start).toString());
    case valueKinds.tagged:
      return decodeTagged(bufferOf(bytes, start).toString());
    case valueKinds.text:
      return bufferOf(bytes, start).toString();
    case valueKinds.bytes:
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
    case valueKinds.buffer:
      return bufferOf(bytes, start);
    case valueKinds.float32:
      return floatsOf(bytes, start);
    default:
      throw new PalimpsestError("E_CORRUPT", `a cached value is of the unknown kind ${kind}`);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
