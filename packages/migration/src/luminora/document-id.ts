import { hash } from "node:crypto";
import { limits } from "@palimpsest/core";

/**
 * `<kind>/<part>/…`, each part percent-encoded, so no two keys share an id. An id longer than a
 * store holds becomes `<kind>/~<SHA-256 of it>`; the parts stay readable in the metadata.
 */
export function documentId(kind: string, parts: readonly string[]): string {
  const id = [kind, ...parts.map((part) => encodeURIComponent(part))].join("/");
  return id.length <= limits.idBytes ? id : `${kind}/~${hash("sha256", id, "hex")}`;
}
