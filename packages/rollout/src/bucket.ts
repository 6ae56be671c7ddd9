import { hash } from "node:crypto";

/** 48 bits: exact in a double, and far finer than any percentage. */
const digits = 12;
const range = 16 ** digits;

/**
 * Where a key falls, in [0, 100): the same on every machine, spread evenly, and for another salt as if
 * drawn anew. It is the first 48 bits of SHA-256 over the JSON array of salt and key, so that services in
 * other languages can compute it.
 */
export function bucketOf(salt: string, key: string): number {
  const digest = hash("sha256", JSON.stringify([salt, key]), "hex");
  return (Number.parseInt(digest.slice(0, digits), 16) / range) * 100;
}
