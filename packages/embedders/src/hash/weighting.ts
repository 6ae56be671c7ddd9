import { type CorpusStatistics, type EmbedOptions, tokenize } from "@palimpsest/core";

/** How much a word counts; 1 for a long word when nothing is known about the corpus. */
export type WordWeight = (word: string) => number;

const casedLetters = /^\p{Ll}+$/u;

/** The weights of a text's words: by length, and in a query by their rarity in the corpus as well. */
export function wordWeights({ kind, statistics }: EmbedOptions): WordWeight {
  if (kind === "document" || statistics === undefined || !(statistics.documents >= 1)) {
    return lengthWeight;
  }
  return (word) => lengthWeight(word) * inverseFrequency(word, statistics);
}

/**
 * Alphabetic languages keep their function words short. Damping short words keeps "the" and "of" from
 * filling a vector, with no list per language; numbers, CJK and scripts without case are left alone.
 */
function lengthWeight(word: string): number {
  return word.length < 6 && casedLetters.test(word) ? (word.length + 1) / 7 : 1;
}

/** BM25's inverse document frequency; half of the highest for a word that the corpus lacks. */
function inverseFrequency(word: string, { documents, frequencies }: CorpusStatistics): number {
  const frequency = Math.min(frequencies.get(word) ?? 0, documents);
  // Such a word is a typo or idle talk: only its n-grams can match, and at full weight they add noise.
  if (frequency <= 0) return Math.log(2 * documents + 2) / 2;
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}

/** BM25's term saturation: sublinear as a logarithm is, but exact in floating point everywhere. */
export function saturate(count: number): number {
  return (count * 2.2) / (count + 1.2);
}

/** The words of a text with their counts, and its pairs of neighbours with theirs. */
export function countFeatures(text: string): {
  readonly words: ReadonlyMap<string, number>;
  readonly pairs: ReadonlyMap<string, number>;
} {
  const terms = tokenize(text);
  return {
    words: tally(terms),
    pairs: tally(terms.slice(1).map((term, i) => `${terms[i]} ${term}`)),
  };
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
