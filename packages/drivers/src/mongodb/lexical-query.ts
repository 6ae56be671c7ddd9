import {
  compareKeys,
  type Filter,
  type IndexHit,
  type JsonObject,
  matchesFilter,
} from "@palimpsest/core";
import { inverseFrequency, termScore } from "../shared/bm25.ts";
import type { StoredEntry } from "./connection.ts";
import { decodeKey } from "./key-codec.ts";
import { parseMetadata } from "./record.ts";

/** An entry with the occurrences of the query's terms only. */
export type FoundEntry = Omit<StoredEntry, "scope" | "metadata"> & { readonly metadata?: string };

/** Figures of the searched scope. */
export interface Corpus {
  readonly documents: number;
  readonly length: number;
}

/** Entries with at least one term of the query, as the engine finds them. */
export function findStages(
  scope: string | undefined,
  terms: readonly string[],
  withMetadata: boolean,
): Record<string, unknown>[] {
  const wanted = { $in: ["$$each.t", { $literal: terms }] };
  return [
    { $match: { "tf.t": { $in: terms }, ...(scope !== undefined && { scope }) } },
    {
      $project: {
        epoch: 1,
        counter: 1,
        length: 1,
        ...(withMetadata && { metadata: 1 }),
        tf: { $filter: { input: "$tf", as: "each", cond: wanted } },
      },
    },
  ];
}

export interface Restriction {
  readonly filter: Filter | undefined;
  /** `_id`s; undefined means all. */
  readonly ids: ReadonlySet<string> | undefined;
}

/**
 * BM25 with the figures of the searched scope, so tenants do not influence each other. The
 * restriction narrows the hits, not the figures.
 */
export function rank(
  found: readonly FoundEntry[],
  corpus: Corpus,
  restriction: Restriction,
  k: number,
): IndexHit[] {
  const frequencies = documentFrequencies(found);
  const meanLength = corpus.length / corpus.documents;
  const hits: IndexHit[] = [];
  for (const entry of found) {
    if (!passes(entry, restriction)) continue;
    let score = 0;
    for (const { t, n } of entry.tf) {
      const rarity = inverseFrequency(corpus.documents, frequencies.get(t) as number);
      score += termScore(rarity, n, entry.length / meanLength);
    }
    const { epoch, counter } = entry;
    hits.push({ ...decodeKey(entry._id), revision: { epoch, counter }, score });
  }
  return hits.toSorted((a, b) => b.score - a.score || compareKeys(a, b)).slice(0, k);
}

/** In how many of the entries each term occurs. */
export function documentFrequencies(found: Iterable<FoundEntry>): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const { tf } of found) {
    for (const { t } of tf) frequencies.set(t, (frequencies.get(t) ?? 0) + 1);
  }
  return frequencies;
}

function passes(entry: FoundEntry, { filter, ids }: Restriction): boolean {
  if (ids !== undefined && !ids.has(entry._id)) return false;
  return filter === undefined || matchesFilter(filter, metadataOf(entry));
}

/** Present whenever the query asked for it, which it does for a filter. */
export function metadataOf({ metadata = "{}" }: { readonly metadata?: string }): JsonObject {
  return parseMetadata(metadata);
}
