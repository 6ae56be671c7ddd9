import { bandsOf, shinglesOf, similarity } from "./min-hash.ts";

/** Bounds the work for texts made to look alike; a bucket this full proposes no later leader. */
const bucketSize = 32;

/** The text that another one was found to be near to, and how near; a leader is its own. */
export interface Nearness {
  readonly leader: number;
  readonly similarity: number;
}

interface Leader {
  readonly index: number;
  readonly shingles: ReadonlySet<string>;
}

/**
 * Gives each text the most similar leader at or above the threshold, or makes it one. Every text is
 * compared with leaders only, so no chain of small steps joins two dissimilar ends. Texts with other
 * numbers in them are never near: "flat 12" is not "flat 21".
 */
export function findNear(texts: readonly string[], threshold: number): Nearness[] {
  const buckets = new Map<string, Leader[]>();
  return texts.map((text, index) => {
    const shingles = shinglesOf(text);
    const numbers = (text.match(/\p{N}+/gu) ?? []).join(" ");
    const bands = bandsOf(shingles, threshold).map((band) => `${numbers}|${band}`);
    const near = nearestOf(shingles, leadersIn(bands, buckets), threshold);
    if (near) return near;
    addLeader({ index, shingles }, bands, buckets);
    return { leader: index, similarity: 1 };
  });
}

function leadersIn(
  bands: readonly string[],
  buckets: ReadonlyMap<string, readonly Leader[]>,
): Set<Leader> {
  return new Set(bands.flatMap((band) => buckets.get(band) ?? []));
}

function nearestOf(
  shingles: ReadonlySet<string>,
  leaders: Iterable<Leader>,
  threshold: number,
): Nearness | undefined {
  let best: Nearness | undefined;
  for (const leader of leaders) {
    const found = { leader: leader.index, similarity: similarity(shingles, leader.shingles) };
    if (found.similarity >= threshold && (!best || isNearer(found, best))) best = found;
  }
  return best;
}

function isNearer(a: Nearness, b: Nearness): boolean {
  return a.similarity === b.similarity ? a.leader < b.leader : a.similarity > b.similarity;
}

function addLeader(leader: Leader, bands: readonly string[], buckets: Map<string, Leader[]>): void {
  for (const band of bands) {
    const bucket = buckets.get(band);
    if (!bucket) buckets.set(band, [leader]);
    else if (bucket.length < bucketSize) bucket.push(leader);
  }
}
