import type { CorpusStatistics } from "@palimpsest/core";

/** Unknown words count half: as often as not they belong to the question, not to what it asks for. */
const unknownShare = 0.5;

/**
 * How much of a query the words can answer, in [0, 1]: the corpus's rarity (IDF) of the words it
 * knows over that of all. A best lexical hit of a misspelt query is no evidence for anything.
 */
export function lexicalTrust({ documents, frequencies }: CorpusStatistics): number {
  let known = 0;
  let unknown = 0;
  for (const frequency of frequencies.values()) {
    const rarity = Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
    if (frequency > 0) known += rarity;
    else unknown += rarity;
  }
  return known === 0 ? 0 : known / (known + unknownShare * unknown);
}
