import { PalimpsestError } from "@palimpsest/core";

export interface HashEmbedderOptions {
  /** Length of the vectors, 16 to 65,536. Default 1024; the README shows what others find and cost. */
  readonly dimension?: number;
  /** Weight of a whole word. Default 1. */
  readonly wordWeight?: number;
  /** Weight of two neighbouring words. Default 0.25. */
  readonly bigramWeight?: number;
  /** Weight of all character n-grams of a word together. Default 2. */
  readonly ngramWeight?: number;
  /** Shortest character n-gram, at least 2. Default 3. */
  readonly ngramMin?: number;
  /** Longest character n-gram, at most 8. Default 5. */
  readonly ngramMax?: number;
}

export type HashSettings = Required<HashEmbedderOptions>;

const defaults: HashSettings = {
  dimension: 1024,
  wordWeight: 1,
  bigramWeight: 0.25,
  ngramWeight: 2,
  ngramMin: 3,
  ngramMax: 5,
};

/** The options with their defaults. @throws `E_INVALID_INPUT` naming the one out of its range */
export function checkOptions(options: HashEmbedderOptions): HashSettings {
  const chosen = {
    dimension: options.dimension ?? defaults.dimension,
    wordWeight: options.wordWeight ?? defaults.wordWeight,
    bigramWeight: options.bigramWeight ?? defaults.bigramWeight,
    ngramWeight: options.ngramWeight ?? defaults.ngramWeight,
    ngramMin: options.ngramMin ?? defaults.ngramMin,
    ngramMax: options.ngramMax ?? defaults.ngramMax,
  };
  checkInteger("dimension", chosen.dimension, 16, 65_536);
  checkInteger("ngramMin", chosen.ngramMin, 2, 8);
  checkInteger("ngramMax", chosen.ngramMax, chosen.ngramMin, 8);
  for (const name of ["wordWeight", "bigramWeight", "ngramWeight"] as const) {
    const weight = chosen[name];
    if (!(weight >= 0 && weight <= 100)) throw outOfRange(name, weight, 0, 100);
  }
  if (chosen.wordWeight === 0 && chosen.ngramWeight === 0) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "wordWeight and ngramWeight are both 0, so one word alone would have no vector; raise one",
    );
  }
  return chosen;
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw outOfRange(name, value, least, most);
  }
}

function outOfRange(name: string, value: unknown, least: number, most: number): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} is ${String(value)}; pass a number from ${least} to ${most}`,
  );
}
