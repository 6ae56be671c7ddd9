import { hash } from "node:crypto";

let lastText = "";
let lastFingerprint = "";

/** 8 bytes in base64url for a list of versions. Remembers the last: a batch mostly has one list. */
export function fingerprintOf(versions: readonly number[]): string {
  const text = versions.join();
  if (text !== lastText || lastFingerprint === "") {
    lastFingerprint = hash("sha256", text, "buffer").toString("base64url", 0, 8);
    lastText = text;
  }
  return lastFingerprint;
}
