/** The usual constants: how soon repeats saturate, and how much length counts. */
const k1 = 1.2;
const b = 0.75;

/** Always above 0, unlike the form without "1 +", so that a common term still finds something. */
export function inverseFrequency(documents: number, withTerm: number): number {
  return Math.log(1 + (documents - withTerm + 0.5) / (withTerm + 0.5));
}

export function termWeight(frequency: number, length: number, averageLength: number): number {
  return (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * length) / averageLength));
}
