import { PalimpsestError } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";

/** What one process tells the others after it invalidated. */
export interface BusMessage {
  /** Of the process, so that it recognises its own. */
  readonly sender: string;
  /** The invalidation's number. */
  readonly number: number;
  /** Stamps and their new versions. */
  readonly stamps: readonly (readonly [name: string, version: number])[];
  /** Deleted keys. */
  readonly keys: readonly CacheKey[];
}

export function encodeMessage({ sender, number, stamps, keys }: BusMessage): Uint8Array {
  return Buffer.from(JSON.stringify([1, sender, number, stamps, keys]));
}

/** @throws `E_CORRUPT` for what this version did not write */
export function decodeMessage(bytes: Uint8Array): BusMessage {
  const message = parse(Buffer.from(bytes).toString("utf8"));
  if (!Array.isArray(message) || message[0] !== 1) throw corrupt();
  const [, sender, number, stamps, keys] = message as unknown[];
  if (typeof sender !== "string" || !Number.isSafeInteger(number)) throw corrupt();
  if (!Array.isArray(stamps) || !stamps.every(isStamp)) throw corrupt();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) throw corrupt();
  return { sender, number: number as number, stamps, keys: keys as CacheKey[] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(error);
  }
}

function isStamp(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value)) return false;
  return typeof value[0] === "string" && Number.isSafeInteger(value[1]);
}

function corrupt(cause?: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_CORRUPT",
    "a message on the cache's channel is not one of this version",
    {
      cause,
    },
  );
}
