import {
  type Embedder,
  type EmbedOptions,
  PalimpsestError,
  throwIfAborted,
} from "@palimpsest/core";
import { addToSlot, bigramSlot, type WordFeatures, wordFeatures } from "./features.ts";
import { checkOptions, type HashEmbedderOptions, type HashSettings } from "./options.ts";
import { countFeatures, saturate, type WordWeight, wordWeights } from "./weighting.ts";

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
  /** Can be passed to the constructor to get the same embedder again. */
  readonly settings: { readonly driver: "hash" } & HashSettings;
  readonly #words = new Map<string, WordFeatures>();

  /** @throws `E_INVALID_INPUT` for an option out of its range */
  constructor(options: HashEmbedderOptions = {}) {
    this.settings = { driver: "hash", ...checkOptions(options) };
    this.dimension = this.settings.dimension;
    this.modelId = modelIdOf(this.settings);
  }

  /**
   * One unit vector of `dimension` floats per text, in order; all zeros for a text without a word.
   * `statistics` weighs a query's words by their rarity in the corpus.
   * @throws `E_INVALID_INPUT` for a text that is not a string, `E_ABORTED`
   */
  async embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]> {
    throwIfAborted(options.signal);
    const weightOf = wordWeights(options);
    const sums = new Float64Array(this.dimension);
    const vectors: Float32Array[] = [];
    for (const [i, text] of texts.entries()) {
      if (i > 0 && i % textsPerTurn === 0) await nextTurn(options.signal);
      if (typeof text !== "string") throw notText(text, i);
      vectors.push(this.#embedOne(text, weightOf, sums));
    }
    return vectors;
  }

  #embedOne(text: string, weightOf: WordWeight, sums: Float64Array): Float32Array {
    sums.fill(0);
    const { words, pairs } = countFeatures(text);
    for (const [word, count] of words) this.#addWord(sums, word, saturate(count) * weightOf(word));
    const { bigramWeight, dimension } = this.settings;
    for (const [pair, count] of pairs) {
      const [first = "", second = ""] = pair.split(" ");
      const weight = bigramWeight * saturate(count) * Math.min(weightOf(first), weightOf(second));
      addToSlot(sums, bigramSlot(pair, dimension), weight);
    }
    return unit(sums);
  }

  #addWord(sums: Float64Array, word: string, weight: number): void {
    const { wordWeight, ngramWeight } = this.settings;
    const features = this.#featuresOf(word);
    addToSlot(sums, features.word, weight * wordWeight);
    // All n-grams of a word weigh as much together as those of any other word, long or short.
    const each = (weight * ngramWeight) / Math.sqrt(Math.max(1, features.ngrams.length));
    for (const slot of features.ngrams) addToSlot(sums, slot, each);
  }

  #featuresOf(word: string): WordFeatures {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const { dimension, ngramMin, ngramMax } = this.settings;
    const features = wordFeatures(word, dimension, { min: ngramMin, max: ngramMax });
    if (word.length <= longestCachedWord) {
      if (this.#words.size >= cachedWords) this.#words.clear();
      this.#words.set(word, features);
    }
    return features;
  }
}

function unit(sums: Float64Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < sums.length; i++) squares += (sums[i] as number) * (sums[i] as number);
  const vector = new Float32Array(sums.length);
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < sums.length; i++) vector[i] = (sums[i] as number) * scale;
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

function modelIdOf(settings: HashSettings): string {
  const { dimension, wordWeight, bigramWeight, ngramWeight, ngramMin, ngramMax } = settings;
  const weights = `w=${wordWeight},b=${bigramWeight},n=${ngramWeight}`;
  return `hash-1:d=${dimension},${weights},g=${ngramMin}-${ngramMax}`;
}
