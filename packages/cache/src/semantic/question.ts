import {
  auxiliaries,
  conjunctions,
  fillers,
  mentioning,
  negations,
  openers,
  persons,
  spelledNumbers,
} from "./lexicon.ts";
import { type Piece, piecesOf } from "./piece.ts";

/** A question taken apart into what must not differ. */
export interface Question {
  /** Every word, folded and in the singular. */
  readonly words: ReadonlySet<string>;
  /** The words, numbers and symbols that say something, in order. */
  readonly content: readonly string[];
  /** As plain digits, in order; spelled ones too. */
  readonly numbers: readonly string[];
  /** Names by their capitals, folded. */
  readonly entities: ReadonlySet<string>;
  /** Who speaks (1) and who is spoken to (2), each with the number of content words before it. */
  readonly persons: readonly string[];
  /** All words in order, but for those that move when a statement becomes a question. */
  readonly order: readonly string[];
  readonly negations: number;
  /** The word lists know languages in Latin letters only. */
  readonly isLatin: boolean;
}

const sentenceEnd = /[.!?:;\n]\s*["'“(]*$/;
/** Characters before a word in which the end of a sentence is looked for. */
const lookBack = 20;
const shortNot = /(\p{L}+)n['’]t(?!\p{L})/gu;
const whole: Readonly<Record<string, string>> = { ca: "can", Ca: "can", wo: "will", Wo: "will" };
/** What asks to be told, before what is asked. */
const courtesy =
  /^\W*(?:(?:can|could|would|will) you (?:please |kindly )?(?=(?:tell|explain|describe|show|give)\b)|(?:i|we)(?:['’]d| would)? (?:like|want|need) to know\s)/i;
const accents = /[\u0300-\u036f]/g;
const latin = /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u;
/** Ends in an s that is no plural's. */
const singular: ReadonlySet<string> = new Set(["news", "means", "series", "species", "lens"]);

export function readQuestion(asked: string): Question {
  const text = asked
    .replace(courtesy, "")
    .replaceAll(shortNot, (_, verb: string) => `${whole[verb] ?? verb} not`);
  const isShouted = text === text.toUpperCase();
  const pieces = piecesOf(text);
  const words: string[] = [];
  const content: string[] = [];
  const numbers: string[] = [];
  const found: string[] = [];
  const entities = new Set<string>();
  for (const [i, piece] of pieces.entries()) {
    const { raw, index } = piece;
    const before = text.slice(Math.max(0, index - lookBack), index);
    const isEntity = !isShouted && piece.kind === "word" && isName(raw, before);
    const isUnit = isUnitOf(pieces[i - 1], piece);
    const word = isUnit || isSymbolic(raw) ? raw : fold(raw, isEntity);
    const digits = isUnit ? undefined : digitsOf(word);
    const person = persons.get(word);
    words.push(word);
    if (digits !== undefined) numbers.push(digits);
    if (isEntity) entities.add(word);
    const isSpokenOf = isUnit || isEntity || isMentioned(pieces, i);
    if (isSpokenOf || !isFiller(word, content.length)) content.push(digits ?? word);
    else if (person !== undefined) found.push(`${person}@${content.length}`);
  }
  return {
    words: new Set(words),
    content,
    numbers,
    entities,
    persons: found,
    order: words.filter((word) => !auxiliaries.has(word) && !negations.has(word)),
    negations: words.filter((word) => negations.has(word)).length,
    isLatin: latin.test(text),
  };
}

function isFiller(word: string, said: number): boolean {
  return fillers.has(word) || auxiliaries.has(word) || (said === 0 && openers.has(word));
}

/** "the word it", "between can and could": there even a filler is what the question is about. */
function isMentioned(pieces: readonly Piece[], i: number): boolean {
  const neighbour = (at: number) => pieces[at]?.raw.toLowerCase() ?? "";
  return (
    pieces[i]?.isQuoted === true ||
    mentioning.has(neighbour(i - 1)) ||
    conjunctions.has(neighbour(i - 1)) ||
    conjunctions.has(neighbour(i + 1))
  );
}

/** Units keep their capitals: mW is no MW. */
function isUnitOf(number: Piece | undefined, { raw, index }: Piece): boolean {
  if (number?.kind !== "number" || !/^\p{L}{1,2}$/u.test(raw)) return false;
  const gap = index - number.index - number.raw.length;
  return gap <= 1;
}

/** One letter is a name of something, by its case too; an article or a pronoun is not. */
function isSymbolic(raw: string): boolean {
  return /^\p{L}$/u.test(raw) && !/^[aIi]$/i.test(raw);
}

/** Capitals inside a word or all over it always tell; one at its start only within a sentence. */
function isName(raw: string, before: string): boolean {
  if (!/\p{Lu}/u.test(raw) || raw === "I" || /^I['’]/.test(raw)) return false;
  if (/.\p{Lu}/u.test(raw)) return true;
  return before.trim() !== "" && !sentenceEnd.test(before);
}

function fold(raw: string, isEntity: boolean): string {
  const plain = raw.normalize("NFKD").replaceAll(accents, "").normalize("NFC").toLowerCase();
  const bare = plain.replace(/['’]s$/, "");
  if (isEntity || singular.has(bare)) return bare;
  return bare.replace(/(?<=\p{L}{2}[^su\P{L}])s$/u, "");
}

/**
 * Also of a word that holds digits, such as `gpt4`: it names something by them. Beyond thousands' commas
 * nothing is made equal: version 2.10 is not 2.1, and an id has more digits than a number can hold.
 */
function digitsOf(word: string): string | undefined {
  const spelled = spelledNumbers.get(word);
  if (spelled !== undefined || !/\d/.test(word)) return spelled;
  return word.replaceAll(/[−–]/g, "-").replaceAll(/,(?=\d{3}(?!\d))/g, "");
}
