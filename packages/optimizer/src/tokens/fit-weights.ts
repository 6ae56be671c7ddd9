/** A text, seen through its features, with the tokens that a real vocabulary made of it. */
export interface Observation {
  readonly features: Float64Array;
  readonly tokens: number;
}

/** Half of a token per unit: where the data says nothing, every unit costs about this. */
const start = 0.5;
/** Strength of the pull towards the scaled prior, in samples. */
const ridge = 0.05;
const sweeps = 300;

/**
 * Non-negative weights with the least squared relative error, by coordinate descent. They are pulled
 * towards `prior`, scaled to the data: a few samples move the scale only, many move each weight.
 */
export function fitWeights(
  observations: readonly Observation[],
  prior?: readonly number[],
): number[] {
  const rows = observations
    .filter(({ tokens }) => tokens > 0)
    .map(({ features, tokens }) => features.map((count) => count / tokens));
  const centre = scaledPrior(rows, prior ?? Array.from(rows[0] ?? [], () => start));
  const weights = [...centre];
  const residuals = rows.map((row) => 1 - dot(row, weights));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let j = 0; j < weights.length; j++) {
      const next = bestWeight(rows, residuals, { j, weight: weights[j]!, centre: centre[j]! });
      const change = next - weights[j]!;
      if (change === 0) continue;
      weights[j] = next;
      rows.forEach((row, i) => (residuals[i]! -= row[j]! * change));
    }
  }
  return weights;
}

/** The estimate of one text, not yet rounded. */
export function dot(features: Float64Array, weights: readonly number[]): number {
  let sum = 0;
  for (let j = 0; j < weights.length; j++) sum += features[j]! * weights[j]!;
  return sum;
}

interface Coordinate {
  readonly j: number;
  readonly weight: number;
  readonly centre: number;
}

function bestWeight(
  rows: readonly Float64Array[],
  residuals: readonly number[],
  { j, weight, centre }: Coordinate,
): number {
  // A unit that costs little moves as freely, in proportion, as one that costs much.
  const pull = ridge / Math.max(centre, 0.01) ** 2;
  let square = pull;
  let product = pull * centre;
  for (let i = 0; i < rows.length; i++) {
    const x = rows[i]![j]!;
    square += x * x;
    product += x * (residuals[i]! + x * weight);
  }
  return Math.max(0, product / square);
}

function scaledPrior(rows: readonly Float64Array[], prior: readonly number[]): number[] {
  const estimates = rows.map((row) => dot(row, prior));
  const square = estimates.reduce((sum, estimate) => sum + estimate * estimate, 0);
  const sum = estimates.reduce((total, estimate) => total + estimate, 0);
  return prior.map((weight) => (square > 0 ? (weight * sum) / square : weight));
}
