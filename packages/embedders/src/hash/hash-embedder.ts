import {
  type CorpusStatistics,
  type Embedder,
  type EmbedOptions,
  PalimpsestError,
  throwIfAborted,
  tokenize,
} from "@palimpsest/core";
import { addToSlot, bigramSlot, type WordFeatures, wordFeatures } from "./features.ts";

export interface HashEmbedderOptions {
  /** Length of the vectors, 16 to 65,536. Default 1024; see the README for what others find. */
  readonly dimension?: number;
  /** Weight of a whole word. Default 1. */
  readonly wordWeight?: number;
  /** Weight of two neighbouring words. Default 0.5. */
  readonly bigramWeight?: number;
  /** Weight of all character n-grams of a word together. Default 1. */
  readonly ngramWeight?: number;
  /** Shortest character n-gram, at least 2. Default 3. */
  readonly ngramMin?: number;
  /** Longest character n-gram, at most 8. Default 5. */
  readonly ngramMax?: number;
}

type Settings = Required<HashEmbedderOptions>;

const defaults: Settings = {
  dimension: 1024,
  wordWeight: 1,
  bigramWeight: 0.5,
  ngramWeight: 1,
  ngramMin: 3,
  ngramMax: 5,
};

const cachedWords = 16_384;
const longestCachedWord = 64;
const textsPerTurn = 512;

/**
 * Text to vector without a model: words, pairs of neighbouring words and character n-grams are hashed
 * into signed buckets. Lexical, not semantic: it sees typos, inflections and compounds, never synonyms.
 * Only + − × ÷ and square roots make document vectors, so they are the same on every platform.
 */
export class HashEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimension: number;
  readonly settings: { readonly driver: "hash" } & Settings;
  readonly #options: Settings;
  readonly #words = new Map<string, WordFeatures>();

  /** @throws `E_INVALID_INPUT` for an option out of its range */
  constructor(options: HashEmbedderOptions = {}) {
    const chosen = checkOptions(options);
    this.#options = chosen;
    this.dimension = chosen.dimension;
    this.settings = { driver: "hash", ...chosen };
    this.modelId = modelIdOf(chosen);
  }

  /**
   * One unit vector of `dimension` floats per text, in order; all zeros for a text without a word.
   * `statistics` weighs a query's words by their rarity in the corpus.
   * @throws `E_INVALID_INPUT` for a text that is not a string, `E_ABORTED`
   */
  async embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]> {
    throwIfAborted(options.signal);
    const rarity = rarityOf(options);
    const sums = new Float64Array(this.dimension);
    const vectors: Float32Array[] = [];
    for (const [i, text] of texts.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- a pause between shares of one CPU-bound loop
      if (i > 0 && i % textsPerTurn === 0) await nextTurn(options.signal);
      if (typeof text !== "string") throw notText(text, i);
      vectors.push(this.#embedOne(text, rarity, sums));
    }
    return vectors;
  }

  #embedOne(text: string, rarity: Rarity, sums: Float64Array): Float32Array {
    sums.fill(0);
    const terms = tokenize(text);
    for (const [term, count] of tally(terms)) {
      this.#addWord(sums, term, saturate(count) * rarity(term));
    }
    if (this.#options.bigramWeight > 0) this.#addBigrams(sums, terms, rarity);
    return unit(sums);
  }

  #addWord(sums: Float64Array, term: string, weight: number): void {
    const { wordWeight, ngramWeight } = this.#options;
    const { word, ngrams } = this.#featuresOf(term);
    addToSlot(sums, word, weight * wordWeight);
    // All n-grams of a word weigh as much together as those of any other word, long or short.
    const each = (weight * ngramWeight) / Math.sqrt(Math.max(1, ngrams.length));
    for (const at of ngrams) addToSlot(sums, at, each);
  }

  #addBigrams(sums: Float64Array, terms: readonly string[], rarity: Rarity): void {
    const { bigramWeight, dimension } = this.#options;
    const pairs = terms.slice(1).map((second, i) => `${terms[i] ?? ""} ${second}`);
    for (const [pair, count] of tally(pairs)) {
      const space = pair.indexOf(" ");
      const rarer = Math.max(rarity(pair.slice(0, space)), rarity(pair.slice(space + 1)));
      addToSlot(sums, bigramSlot(pair, dimension), bigramWeight * saturate(count) * rarer);
    }
  }

  #featuresOf(term: string): WordFeatures {
    const known = this.#words.get(term);
    if (known !== undefined) return known;
    const { dimension, ngramMin, ngramMax } = this.#options;
    const features = wordFeatures(term, dimension, { min: ngramMin, max: ngramMax });
    if (term.length <= longestCachedWord) {
      if (this.#words.size >= cachedWords) this.#words.clear();
      this.#words.set(term, features);
    }
    return features;
  }
}

type Rarity = (term: string) => number;

function rarityOf(options: EmbedOptions): Rarity {
  const { kind, statistics } = options;
  if (kind !== "query" || statistics === undefined || statistics.documents < 1) return () => 1;
  return (term) => inverseFrequency(term, statistics);
}

/** BM25's inverse document frequency. */
function inverseFrequency(term: string, { documents, frequencies }: CorpusStatistics): number {
  const frequency = Math.min(frequencies.get(term) ?? 0, documents);
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}

/** BM25's term saturation: sublinear like a logarithm, but exact in floating point everywhere. */
function saturate(count: number): number {
  return (count * 2.2) / (count + 1.2);
}

function tally(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function unit(sums: Float64Array): Float32Array {
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  const vector = new Float32Array(sums.length);
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < sums.length; i++) vector[i] = (sums[i] ?? 0) * scale;
  return vector;
}

/** Lets a server answer others during a long batch, and the signal be seen. */
async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}

function notText(value: unknown, position: number): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `texts[${position}] is ${value === null ? "null" : typeof value}; pass a string`,
  );
}

function modelIdOf(o: Settings): string {
  const weights = `w=${o.wordWeight},b=${o.bigramWeight},n=${o.ngramWeight}`;
  return `hash-1:d=${o.dimension},${weights},g=${o.ngramMin}-${o.ngramMax}`;
}

function checkOptions(options: HashEmbedderOptions): Settings {
  const { dimension, wordWeight, bigramWeight, ngramWeight, ngramMin, ngramMax } = {
    ...defaults,
    ...options,
  };
  const chosen = { dimension, wordWeight, bigramWeight, ngramWeight, ngramMin, ngramMax };
  checkInteger("dimension", dimension, 16, 65_536);
  checkInteger("ngramMin", ngramMin, 2, 8);
  checkInteger("ngramMax", ngramMax, ngramMin, 8);
  for (const name of ["wordWeight", "bigramWeight", "ngramWeight"] as const) {
    if (!(chosen[name] >= 0 && chosen[name] <= 100)) throw outOfRange(name, chosen[name], 0, 100);
  }
  if (wordWeight === 0 && ngramWeight === 0) {
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
