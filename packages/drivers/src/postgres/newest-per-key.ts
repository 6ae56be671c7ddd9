import { compareRevisions, type DocumentKey, type Revision } from "@palimpsest/core";
import { keyString } from "./document-rows.ts";

const roundSize = 1_000;

/**
 * The entries that a call leaves behind, in rounds of a size for one statement: per key the newest
 * revision, of equal ones the last. Sorted, so that two calls that meet do not deadlock.
 */
export function newestPerKey<R extends DocumentKey & { readonly revision: Revision }>(
  records: readonly R[],
): R[][] {
  const newest = new Map<string, R>();
  for (const record of records) {
    const key = keyString(record);
    const present = newest.get(key);
    if (present && compareRevisions(record.revision, present.revision) < 0) continue;
    newest.set(key, record);
  }
  const sorted = [...newest].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
  const rounds: R[][] = [];
  for (let i = 0; i < sorted.length; i += roundSize) rounds.push(sorted.slice(i, i + roundSize));
  return rounds;
}
