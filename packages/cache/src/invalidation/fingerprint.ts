import { hash } from "node:crypto";

/** 48 bits that stand for a list of versions. */
export function fingerprintOf(versions: readonly number[]): number {
  return hash("sha256", versions.join(), "buffer").readUIntLE(0, 6);
}
