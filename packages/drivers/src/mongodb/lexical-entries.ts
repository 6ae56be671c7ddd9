import { createHash } from "node:crypto";
import {
  canonicalJson,
  checkKey,
  compareRevisions,
  type LexicalRecord,
  limits,
  tokenize,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import type { StoredEntry } from "./connection.ts";
import { encodeKey } from "./key-codec.ts";

/** Longer terms are kept by their hash: an index key has no room for a page without spaces. */
const longestTerm = 64;

/** @throws `E_INVALID_INPUT` for what no document could have */
export function toEntry(record: LexicalRecord): StoredEntry {
  checkKey(record);
  const { epoch, counter } = record.revision;
  checkCount(epoch, "revision.epoch", 0);
  checkCount(counter, "revision.counter", 0);
  // Units, not bytes: at least the promised bytes are indexed.
  const terms = tokenize(record.text.slice(0, limits.lexicalBytes));
  const counts = new Map<string, number>();
  for (const term of terms) {
    const stored = storedTerm(term);
    counts.set(stored, (counts.get(stored) ?? 0) + 1);
  }
  return {
    _id: encodeKey(record),
    scope: record.scope,
    epoch,
    counter,
    metadata: canonicalJson(record.metadata),
    length: terms.length,
    tf: [...counts].map(([t, n]) => ({ t, n })),
  };
}

/** A term never holds "#", so a hash is never taken for one. */
export function storedTerm(term: string): string {
  if (term.length <= longestTerm) return term;
  return `#${createHash("sha256").update(term).digest("base64")}`;
}

/** The newest entry of each key; of equal revisions the last. */
export function newestOfEach(entries: readonly StoredEntry[]): StoredEntry[] {
  const newest = new Map<string, StoredEntry>();
  for (const entry of entries) {
    const present = newest.get(entry._id);
    if (present === undefined || compareRevisions(entry, present) >= 0)
      newest.set(entry._id, entry);
  }
  return [...newest.values()];
}
