import { compareKeys, type DocumentKey, type IndexHit } from "@palimpsest/core";
import { keyString } from "./key-string.ts";
import type { FusionWeights } from "./options.ts";

/** What the legs of one query found. A mode without a leg leaves it empty. */
export interface Legs {
  readonly vector: readonly IndexHit[];
  readonly lexical: readonly IndexHit[];
  /** In [0, 1], see `lexicalTrust`. */
  readonly trust: number;
}

export interface Candidate extends DocumentKey {
  /** In [0, 1]. */
  readonly score: number;
}

/** Above a half for the words: when the corpus knows them all, its best lexical hit leads. */
export const defaultWeights: FusionWeights = { vector: 0.4, lexical: 0.6 };

/**
 * The weighted sum of both legs' scores, each divided by the leg's best, so that a leg's margins
 * count and not only its order. The lexical share shrinks with the trust in it. What neither leg
 * gives any score to is left out.
 */
export function fuse(legs: Legs, weights: FusionWeights): Candidate[] {
  const scores = new Map<string, { readonly key: DocumentKey; score: number }>();
  const lexical = weights.lexical * legs.trust;
  const sum = weights.vector + lexical || 1;
  add(scores, legs.vector, weights.vector / sum);
  add(scores, legs.lexical, lexical / sum);
  return sorted(
    [...scores.values()]
      .filter(({ score }) => score > 0)
      .map(({ key: { scope, id }, score }) => ({ scope, id, score: Math.min(1, score) })),
  );
}

/** Scores of one leg divided by its best. */
export function normalise(hits: readonly IndexHit[]): Candidate[] {
  const best = bestScore(hits);
  return sorted(
    hits.map(({ scope, id, score }) => ({ scope, id, score: best > 0 ? score / best : 0 })),
  );
}

function add(
  scores: Map<string, { readonly key: DocumentKey; score: number }>,
  hits: readonly IndexHit[],
  share: number,
): void {
  const best = bestScore(hits);
  if (best <= 0) return;
  for (const hit of hits) {
    const part = (share * hit.score) / best;
    const known = scores.get(keyString(hit));
    if (known) known.score += part;
    else scores.set(keyString(hit), { key: hit, score: part });
  }
}

function bestScore(hits: readonly IndexHit[]): number {
  return hits.reduce((best, { score }) => Math.max(best, score), 0);
}

/** Best first, ties in key order. */
function sorted(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => b.score - a.score || compareKeys(a, b));
}
