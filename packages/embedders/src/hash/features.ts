import { fnvCodePoint, fnvStart, fnvText, mix } from "./fnv.ts";

/** A bucket and a sign in one number: the bucket doubled, plus one when the sign is negative. */
export type Slot = number;

/** What one word adds to a text's vector. */
export interface WordFeatures {
  readonly word: Slot;
  readonly ngrams: Int32Array;
}

// One leading byte per kind of feature, so a word never meets an equal n-gram in its bucket.
const wordSeed = fnvText(fnvStart, "w");
const bigramSeed = fnvText(fnvStart, "b");
const ngramSeed = fnvText(fnvStart, "n");

const startOfWord = 0x3c;
const endOfWord = 0x3e;

/** The slots of a word and of the n-grams of `<word>`, whose brackets mark its ends. */
export function wordFeatures(
  word: string,
  dimension: number,
  lengths: { readonly min: number; readonly max: number },
): WordFeatures {
  const points = [startOfWord, ...codePoints(word), endOfWord];
  const ngrams: Slot[] = [];
  for (let start = 0; start + lengths.min <= points.length; start++) {
    const last = Math.min(points.length, start + lengths.max);
    let state = ngramSeed;
    for (let end = start; end < last; end++) {
      state = fnvCodePoint(state, points[end] ?? 0);
      if (end - start + 1 >= lengths.min) ngrams.push(slot(state, dimension));
    }
  }
  return { word: slot(fnvText(wordSeed, word), dimension), ngrams: Int32Array.from(ngrams) };
}

/** The slot of two neighbouring words, joined by a space. */
export function bigramSlot(pair: string, dimension: number): Slot {
  return slot(fnvText(bigramSeed, pair), dimension);
}

/** Adds `weight` to the slot's bucket, with its sign. */
export function addToSlot(sums: Float64Array, at: Slot, weight: number): void {
  const bucket = at >>> 1;
  sums[bucket] = (sums[bucket] ?? 0) + ((at & 1) === 1 ? -weight : weight);
}

function slot(state: number, dimension: number): Slot {
  const hash = mix(state);
  return (((hash >>> 1) % dimension) << 1) | (hash & 1);
}

function codePoints(word: string): number[] {
  return Array.from(word, (character) => character.codePointAt(0) ?? 0);
}
