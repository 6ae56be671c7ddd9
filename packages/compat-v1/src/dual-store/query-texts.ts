import type { CompileRequest } from "./compile-arguments.ts";
import type { GenericEntry } from "./types.ts";

/**
 * What to search with: the caller's latest texts, then the newest entries while there is room.
 * @param latest - newest first within each collection, one collection after the other
 */
export function queryTexts(
  { texts, queryLimit, legacyQueryOrder }: CompileRequest,
  latest: readonly GenericEntry[],
): string[] {
  if (legacyQueryOrder) return legacyTexts(texts, queryLimit, latest);
  if (queryLimit === 0) return [];
  const own = texts.slice(-queryLimit);
  const newest = latest.toSorted((a, b) => b.timestamp - a.timestamp).map(({ text }) => text);
  return [...own, ...newest.slice(0, queryLimit - own.length)];
}

/** v1 counted from the end, where the oldest entries are, so that enough of them displaced the caller's texts. */
function legacyTexts(
  texts: readonly string[],
  queryLimit: number,
  latest: readonly GenericEntry[],
): string[] {
  // Slicing by -0 takes everything, as v1 did.
  return [...texts, ...latest.map(({ text }) => text)].slice(-queryLimit);
}
