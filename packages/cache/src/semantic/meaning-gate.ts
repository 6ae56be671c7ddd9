import { negatingPrefixes, opposites } from "./lexicon.ts";
import { type Question, readQuestion } from "./question.ts";

/** From this share of common words in common order on, two questions are one frame with other words in it. */
const sameFrame = 0.5;

/**
 * Whether the answer to one question may be given to another that an embedder finds near. It refuses
 * whatever differs in numbers, negation, names or their order, or holds an opposite. Beyond that, the two
 * must either say the same words, or be worded so differently that no word stands in for another:
 * "the weather in Oslo" and "the weather in Rome" are near for every embedder. When in doubt it refuses,
 * which costs a call and not a wrong answer.
 */
export function meaningGate(asked: string, cached: string): boolean {
  const a = readQuestion(asked);
  const b = readQuestion(cached);
  if (a.content.length === 0 || b.content.length === 0) return false;
  if (a.negations !== b.negations) return false;
  if (!sameOrder(a.numbers, b.numbers) || !sameNames(a, b)) return false;
  if (sameOrder(a.content, b.content)) return true;
  // Without its language's word lists a rewording cannot be told from its opposite.
  if (!a.isLatin || !b.isLatin) return false;
  if (opposed(a, b) || opposed(b, a)) return false;
  return !sharesFrame(a.content, b.content);
}

/** The names of either, in the order in which both texts have them. */
function sameNames(a: Question, b: Question): boolean {
  const names = new Set([...a.entities, ...b.entities]);
  const inOrder = ({ content }: Question) => content.filter((word) => names.has(word));
  return sameOrder(inOrder(a), inOrder(b));
}

/** Whether `a` has a word whose opposite only `b` has. */
function opposed(a: Question, b: Question): boolean {
  const onlyA = [...a.words].filter((word) => !b.words.has(word)).flatMap(stems);
  const onlyB = new Set([...b.words].filter((word) => !a.words.has(word)).flatMap(stems));
  return onlyA.some(
    (word) =>
      [...(opposites.get(word) ?? [])].some((opposite) => onlyB.has(opposite)) ||
      negatingPrefixes.some((prefix) => onlyB.has(prefix + word)),
  );
}

/** A word and what may be its stem: a wrong one only makes the gate stricter. */
function stems(word: string): string[] {
  const bare = word.replace(/(?:ing|ed|d)$/, "");
  return bare === word ? [word] : [word, bare, `${bare}e`];
}

/** Reordered words count too: "dog bites man" is another question than "man bites dog". */
function sharesFrame(a: readonly string[], b: readonly string[]): boolean {
  const left = [...a];
  const common = b.filter((word) => {
    const at = left.indexOf(word);
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
  return common.length / Math.max(a.length, b.length) >= sameFrame;
}

function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
