import { fillers, negations, spelledNumbers, waysToAskHow } from "./lexicon.ts";

/** A question taken apart into what must not differ. */
export interface Question {
  /** Every word, folded and in the singular. */
  readonly words: ReadonlySet<string>;
  /** The words, numbers and operators that say something, in order. */
  readonly content: readonly string[];
  /** As plain digits, in order; spelled ones too. */
  readonly numbers: readonly string[];
  /** Names by their capitals, folded. */
  readonly entities: ReadonlySet<string>;
  readonly negations: number;
  /** The word lists know languages in Latin letters only. */
  readonly isLatin: boolean;
}

// A number with its sign, currency and percent; a word with its apostrophe, plus signs and hashes; an operator.
const piece =
  /(?<![\p{L}\p{N}])[-−]?[$€£¥]?\d+(?:[.,:/-]\d+)*%?|[\p{L}\p{M}\p{N}_]+(?:['’]\p{L}+)?[+#]*|[+*/=<>^×÷]/gu;
const sentenceEnd = /[.!?:;\n]\s*["'“(]*$/;
/** Characters before a word in which the end of a sentence is looked for. */
const lookBack = 20;
const shortNot = /(\p{L}+)n['’]t(?!\p{L})/gu;
const whole: Readonly<Record<string, string>> = { ca: "can", Ca: "can", wo: "will", Wo: "will" };
const accents = /[\u0300-\u036f]/g;
const latin = /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u;

export function readQuestion(asked: string): Question {
  const text = asked.replaceAll(shortNot, (_, verb: string) => `${whole[verb] ?? verb} not`);
  const isShouted = text === text.toUpperCase();
  const words = new Set<string>();
  const content: string[] = [];
  const numbers: string[] = [];
  const entities = new Set<string>();
  let negationCount = 0;
  for (const { 0: raw, index } of text.matchAll(piece)) {
    const word = fold(raw);
    const digits = digitsOf(word);
    words.add(word);
    if (digits !== undefined) numbers.push(digits);
    if (negations.has(word)) negationCount += 1;
    const isEntity = !isShouted && isName(raw, text.slice(Math.max(0, index - lookBack), index));
    if (isEntity) entities.add(word);
    if (isEntity || !fillers.has(word)) content.push(digits ?? canonical(word));
  }
  return {
    words,
    content,
    numbers,
    entities,
    negations: negationCount,
    isLatin: latin.test(text),
  };
}

/** Capitals inside a word or all over it always tell; one at its start only within a sentence. */
function isName(raw: string, before: string): boolean {
  if (!/\p{Lu}/u.test(raw) || raw === "I" || /^I['’]/.test(raw)) return false;
  if (/.\p{Lu}/u.test(raw)) return true;
  return before.trim() !== "" && !sentenceEnd.test(before);
}

function fold(raw: string): string {
  const plain = raw.normalize("NFKD").replaceAll(accents, "").normalize("NFC").toLowerCase();
  return plain.replace(/['’]s$/, "").replace(/(?<=\p{L}{2}[^su\P{L}])s$/u, "");
}

function canonical(word: string): string {
  return waysToAskHow.has(word) ? "how" : word;
}

/** Also of a word that holds digits, such as `gpt4`: it names something by them. */
function digitsOf(word: string): string | undefined {
  const spelled = spelledNumbers.get(word);
  if (spelled !== undefined || !/\d/.test(word)) return spelled;
  const plain = word.replaceAll("−", "-").replaceAll(/,(?=\d{3}(?!\d))/g, "");
  return /^-?\d+(\.\d+)?$/.test(plain) ? String(Number(plain)) : plain;
}
