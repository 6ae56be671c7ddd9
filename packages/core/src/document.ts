import type { JsonObject } from "./json.ts";
import type { Revision } from "./revision.ts";

/** What identifies a document: the tenant and the id within it. Ordered by UTF-8 bytes. */
export interface DocumentKey {
  /** The tenant; `""` is the default tenant, not "all". At most 512 bytes of UTF-8. */
  readonly scope: string;
  /** 1 to 512 bytes of UTF-8. */
  readonly id: string;
}

export interface Document extends DocumentKey {
  /** At most 4 MiB of UTF-8. A document with empty text is stored but not indexed. */
  readonly text: string;
  readonly metadata: JsonObject;
  /** Epoch milliseconds, an integer. */
  readonly timestamp: number;
}

/** A document as a store keeps it. A tombstone has no text and no metadata; its timestamp is the deletion's. */
export interface StoredDocument extends Document {
  readonly revision: Revision;
  readonly deleted: boolean;
  /** Lower-case hex SHA-256, see `sealDocument`. */
  readonly digest: string;
}

/** Selects one tenant (`""` when omitted) or, where a call allows it, all of them. */
export type ScopeSelector =
  | { readonly scope?: string; readonly allScopes?: false }
  | { readonly scope?: undefined; readonly allScopes: true };

/** Compares two strings by their UTF-8 bytes, as every engine's keyset does; UTF-16 order differs above U+D7FF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above U+FFFF's other units, which is where UTF-8 sorts them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

export function compareKeys(a: DocumentKey, b: DocumentKey): number {
  return compareUtf8(a.scope, b.scope) || compareUtf8(a.id, b.id);
}
