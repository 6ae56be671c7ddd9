import type { Question, RetrievalSet } from "./retrieval-set.ts";
import {
  categories,
  ordinary,
  people,
  questions as questionShapes,
  sentences,
  short,
  variants,
} from "./vocabulary.ts";

const documentCount = 2000;
const questionsPerKind = 100;
const variantKinds = ["spelling", "inflection", "compound"] as const;

/** A document's words as they are stored, by the part they play. */
interface Fact {
  readonly key: string;
  readonly variant: { readonly kind: string; readonly stored: string; readonly asked: string };
  readonly plain: readonly [string, string];
  readonly short: string;
  readonly filler: readonly [string, string];
}

/**
 * 2,000 generated notes and 600 questions that ask for them in the same words written otherwise:
 * other spelling, inflection, compounds, typos, glued keys, and unchanged. The same on every run.
 */
export function spellingSet(): RetrievalSet {
  const pick = picker(20_261_121);
  const facts = Array.from({ length: documentCount }, () => makeFact(pick));
  const documents = facts.map((fact) => factText(fact, pick));
  const ask = (kind: string, from: readonly Fact[]): Question[] =>
    Array.from({ length: questionsPerKind }, () => makeQuestion(kind, pick(from), facts, pick));
  const questions = [
    ...variantKinds.flatMap((kind) =>
      ask(
        kind,
        facts.filter((fact) => fact.variant.kind === kind),
      ),
    ),
    ...["typo", "key", "exact"].flatMap((kind) => ask(kind, facts)),
  ];
  return { documents, questions };
}

type Pick = <T>(from: readonly T[]) => T;

/** Mulberry32, so that the set needs no file. */
function picker(seed: number): Pick {
  let state = seed;
  return (from) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const at = ((mixed ^ (mixed >>> 14)) >>> 0) % from.length;
    const chosen = from[at];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  };
}

function makeFact(pick: Pick): Fact {
  const kind = pick(variantKinds);
  const [stored, asked] = pick<readonly [string, string]>(variants[kind]);
  const first = pick(ordinary);
  const second = pick(ordinary.filter((word) => word !== first));
  return {
    key: `${first}_${second}`,
    variant: { kind, stored, asked },
    plain: [first, second],
    short: pick(short),
    filler: [pick(ordinary), pick(short)],
  };
}

function factText(fact: Fact, pick: Pick): string {
  const filled = fill(pick(sentences), [fact.variant.stored, fact.short, ...fact.filler]);
  return `${pick(people)} ${pick(categories)} ${fact.key}: ${filled}`;
}

function makeQuestion(kind: string, fact: Fact, facts: readonly Fact[], pick: Pick): Question {
  const [stored, asked] = wordsToAsk(kind, fact, pick);
  const relevant = facts.flatMap((other, i) =>
    stored.every((word) => factWords(other).has(word)) ? [i] : [],
  );
  return { text: fill(pick(questionShapes), asked), kind, relevant };
}

function factWords({ variant, plain, short: small, filler }: Fact): Set<string> {
  return new Set([variant.stored, small, ...plain, ...filler]);
}

/** The words a right answer has, and how the question writes them. */
function wordsToAsk(kind: string, fact: Fact, pick: Pick): [stored: string[], asked: string[]] {
  const { variant, plain, short: small } = fact;
  if (kind === "typo") return [[...plain], plain.map((word) => misspell(word, pick))];
  if (kind === "key")
    return [
      [...plain, small],
      [plain.join(""), small],
    ];
  if (kind === "exact") {
    return [
      [small, plain[0]],
      [small, plain[0]],
    ];
  }
  return [
    [variant.stored, plain[0]],
    [variant.asked, plain[0]],
  ];
}

/** One wrong key: a letter left out, doubled, swapped with the next, or replaced. */
function misspell(word: string, pick: Pick): string {
  const at = 1 + pick([...word].slice(2).map((_, i) => i));
  const [head, letter, next, tail] = [
    word.slice(0, at),
    word.charAt(at),
    word.charAt(at + 1),
    word.slice(at + 2),
  ];
  return pick([
    `${head}${next}${tail}`,
    `${head}${letter}${letter}${next}${tail}`,
    `${head}${next}${letter}${tail}`,
    `${head}${pick([..."aeioustn"])}${next}${tail}`,
  ]);
}

function fill(shape: string, words: readonly string[]): string {
  let used = 0;
  return shape.replaceAll("#", () => words[used++] ?? "");
}
