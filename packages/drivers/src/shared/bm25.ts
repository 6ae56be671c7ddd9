/** The usual constants: how soon repeats saturate, and how much length counts. */
const k1 = 1.2;
const b = 0.75;

/** Always above 0, unlike the form without "1 +", so that a common term still finds something. */
export function inverseFrequency(documents: number, withTerm: number): number {
  return Math.log(1 + (documents - withTerm + 0.5) / (withTerm + 0.5));
}

/** No term gives more than its rarity times this. */
export const saturation: number = k1 + 1;

/** The score that `frequency` occurrences of a term give to a document. */
export function termScore(rarity: number, frequency: number, relativeLength: number): number {
  return (rarity * frequency * (k1 + 1)) / (frequency + k1 * (1 - b + b * relativeLength));
}
