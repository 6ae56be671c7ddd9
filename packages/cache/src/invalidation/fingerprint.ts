import { hash } from "node:crypto";

let lastText: string | undefined;
let lastFingerprint = 0;

/** 48 bits that stand for a list of versions. Most reads in a row have one and the same list. */
export function fingerprintOf(versions: readonly number[]): number {
  const text = versions.join();
  if (text !== lastText) {
    lastFingerprint = hash("sha256", text, "buffer").readUIntLE(0, 6);
    lastText = text;
  }
  return lastFingerprint;
}
