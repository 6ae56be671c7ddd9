import { hash } from "node:crypto";
import { limits, tokenize } from "@palimpsest/core";

/** A GIN entry holds at most 2,700 bytes, so very long terms are indexed by their hash. */
const longestTerm = 200;
const mostCounted = 32_767;

/** The lexical entry of a text as two array parameters. */
export interface TermEntry {
  /** Distinct terms under the scope's prefix, joined by blanks, which no term holds. */
  readonly terms: string;
  /** An array literal beside `terms`; null when each term occurs once. */
  readonly frequencies: string | null;
  /** Terms with repeats. */
  readonly length: number;
}

export function termEntry(scope: string, text: string): TermEntry {
  const words = tokenize(text.slice(0, limits.lexicalBytes));
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const prefix = scopePrefix(scope);
  const terms = Array.from(counts.keys(), (term) => prefix + boundedTerm(term)).join(" ");
  const repeats = counts.size < words.length;
  const frequencies = repeats
    ? `{${Array.from(counts.values(), (count) => Math.min(count, mostCounted)).join(",")}}`
    : null;
  return { terms, frequencies, length: words.length };
}

/** The distinct terms of a query, without prefix. */
export function queryTerms(text: string): string[] {
  return [...new Set(tokenize(text.slice(0, limits.lexicalBytes)))].map(boundedTerm);
}

export function boundedTerm(term: string): string {
  return term.length <= longestTerm ? term : hash("sha256", term, "hex");
}

/**
 * Starts every term of a scope, so that the index finds a term within its scope alone. Two scopes
 * may share a prefix: every query compares the scope itself too.
 */
export function scopePrefix(scope: string): string {
  return scope === "" ? "" : hash("sha256", scope, "hex").slice(0, 6);
}

/** The same prefix computed by the server, for queries of all scopes. */
export const scopePrefixSql: string = `CASE WHEN d.scope = '' THEN ''
  ELSE left(encode(sha256(convert_to(d.scope, 'UTF8')), 'hex'), 6) END`;
