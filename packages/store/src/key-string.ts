import type { DocumentKey } from "@palimpsest/core";

/** One string per key; unambiguous because ids and scopes never hold U+0000. */
export function keyString(key: DocumentKey): string {
  return `${key.scope}\0${key.id}`;
}
