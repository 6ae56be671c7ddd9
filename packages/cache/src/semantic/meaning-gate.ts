import { negatingPrefixes, opposites, waysToAskHow } from "./lexicon.ts";
import { type Question, readQuestion } from "./question.ts";

/** From this share of common words in common order on, two questions are one frame with other words in it. */
const sameFrame = 0.5;
/** With fewer words of its own a text is not reworded, but says something else: "C" and "Java". */
const leastReworded = 3;

/**
 * Whether the answer to one question may be given to another that an embedder finds near. It refuses
 * whatever differs in numbers, units, notation, negation, names, or in who does what to whom, or holds an
 * opposite. Beyond that, the two must either say the same words in the same order, or be worded so differently that no word stands in for another:
 * "the weather in Oslo" and "the weather in Rome" are near for every embedder. When in doubt it refuses,
 * which costs a call and not a wrong answer.
 */
export function meaningGate(asked: string, cached: string): boolean {
  const a = readQuestion(asked);
  const b = readQuestion(cached);
  if (a.content.length === 0 || b.content.length === 0) return false;
  if (a.negations !== b.negations) return false;
  if (!sameOrder(a.numbers, b.numbers) || !sameNames(a, b)) return false;
  if (isReordered(a.order, b.order)) return false;
  if (sameOrder(a.content, b.content)) return samePersons(a.persons, b.persons);
  // Without its language's word lists a rewording cannot be told from its opposite.
  if (!a.isLatin || !b.isLatin) return false;
  if (Math.min(a.content.length, b.content.length) < leastReworded) return false;
  if (opposed(a, b) || opposed(b, a) || mayChangeRoles(a, b)) return false;
  return !sharesFrame(a.content, b.content);
}

/** The names of either, in the order in which both texts have them. */
function sameNames(a: Question, b: Question): boolean {
  const names = new Set([...a.entities, ...b.entities]);
  const inOrder = ({ content }: Question) => content.filter((word) => names.has(word));
  return sameOrder(inOrder(a), inOrder(b));
}

/** The same words in another order: "dog bites man" is another question than "man bites dog". */
function isReordered(a: readonly string[], b: readonly string[]): boolean {
  return !sameOrder(a, b) && sameOrder(a.toSorted(), b.toSorted());
}

/** One may leave a person out, as in "the password" for "my password"; none may change places. */
function samePersons(a: readonly string[], b: readonly string[]): boolean {
  const [fewer, more] = a.length <= b.length ? [a, b] : [b, a];
  let matched = 0;
  for (const person of more) if (person === fewer[matched]) matched += 1;
  return matched === fewer.length;
}

/** In other words it cannot be seen who does what to whom, once both persons are there. */
function mayChangeRoles(a: Question, b: Question): boolean {
  return new Set([...a.persons, ...b.persons].map(([person]) => person)).size > 1;
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
  if (/^(?:he|him|she|her|they|them)$/.test(word)) return ["he"];
  const bare = word.replace(/(?:ing|ed|d)$/, "");
  return bare === word ? [word] : [word, bare, `${bare}e`];
}

/** Words in another order or form count too. */
function sharesFrame(a: readonly string[], b: readonly string[]): boolean {
  const left = [...a];
  const common = b.filter((word) => {
    const at = left.findIndex((other) => isSameWord(word, other) || haveOneStem(word, other));
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
  return common.length / Math.max(a.length, b.length) >= sameFrame;
}

function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => isSameWord(word, b[i] ?? ""));
}

function isSameWord(a: string, b: string): boolean {
  return a === b || (a === "how" && waysToAskHow.has(b)) || (b === "how" && waysToAskHow.has(a));
}

function haveOneStem(a: string, b: string): boolean {
  const ofB = new Set(stems(b));
  return stems(a).some((stem) => ofB.has(stem));
}
