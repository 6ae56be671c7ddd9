/**
 * What a text is made of, in the units that byte pair vocabularies charge for. The order is that of
 * every weight vector.
 */
export const featureNames = [
  "words",
  "lettersPastFive",
  "caseChanges",
  "accented",
  "cyrillic",
  "greekArabicHebrew",
  "otherScripts",
  "han",
  "kana",
  "hangul",
  "digits",
  "digitGroups",
  "marks",
  "marksPastOne",
  "lineBreaks",
  "spacesPastOne",
  "tabs",
  "symbols",
] as const;

type Feature = (typeof featureNames)[number];

const index = Object.fromEntries(featureNames.map((name, i) => [name, i])) as Record<
  Feature,
  number
>;

/** One alternative per kind of run; each run is matched once, so the time is linear. */
const runs =
  /(?<latin>[\p{Script=Latin}]+)|(?<letters>[\p{L}\p{M}]+)|(?<digits>\p{Nd}+)|(?<breaks>[\r\n]+)|(?<spaces>[^\S\r\n]+)|(?<marks>[!-/:-@[-`{-~]+)|(?<symbols>[^])/gu;

/** @returns how often each feature of {@link featureNames} occurs */
export function textFeatures(text: string): Float64Array {
  const counts = new Float64Array(featureNames.length);
  const add = (feature: Feature, by: number): void => {
    counts[index[feature]]! += by;
  };
  for (const { groups = {} } of text.matchAll(runs)) {
    const { latin, letters, digits, breaks, spaces, marks } = groups;
    if (latin !== undefined) addLatin(latin, add);
    else if (letters !== undefined) addLetters(letters, add);
    else if (digits !== undefined) addDigits(digits, add);
    else if (breaks !== undefined) add("lineBreaks", 1);
    else if (spaces !== undefined) addSpaces(spaces, add);
    else if (marks !== undefined) addMarks(marks, add);
    else add("symbols", 1);
  }
  return counts;
}

type Add = (feature: Feature, by: number) => void;

function addLatin(word: string, add: Add): void {
  add("words", 1);
  add("lettersPastFive", Math.max(0, word.length - 5));
  for (let i = 0; i < word.length; i++) {
    if (word.charCodeAt(i) > 0x7f) add("accented", 1);
    else if (i > 0 && isUpper(word, i) && !isUpper(word, i - 1)) add("caseChanges", 1);
  }
}

function isUpper(word: string, i: number): boolean {
  const code = word.charCodeAt(i);
  return code >= 0x41 && code <= 0x5a;
}

/** One space goes into the token of the word behind it; a tab seldom does. */
function addSpaces(spaces: string, add: Add): void {
  const tabs = spaces.split("\t").length - 1;
  add("tabs", tabs);
  add("spacesPastOne", Math.max(0, spaces.length - tabs - 1));
}

function addDigits(digits: string, add: Add): void {
  add("digits", digits.length);
  add("digitGroups", Math.ceil(digits.length / 3));
}

function addMarks(marks: string, add: Add): void {
  add("marks", 1);
  add("marksPastOne", marks.length - 1);
}

function addLetters(letters: string, add: Add): void {
  for (const letter of letters) add(scriptOf(letter.codePointAt(0) ?? 0), 1);
}

/** Upper ends of blocks, ascending: what the letter costs changes from block to block. */
const blocks: readonly (readonly [end: number, feature: Feature])[] = [
  [0x36f, "accented"],
  [0x3ff, "greekArabicHebrew"],
  [0x52f, "cyrillic"],
  [0x58f, "otherScripts"],
  [0x7ff, "greekArabicHebrew"],
  [0x10ff, "otherScripts"],
  [0x11ff, "hangul"],
  [0x303f, "otherScripts"],
  [0x30ff, "kana"],
  [0x33ff, "otherScripts"],
  [0x9fff, "han"],
  [0xabff, "otherScripts"],
  [0xd7ff, "hangul"],
  [0xfaff, "han"],
  [0x1ffff, "otherScripts"],
];

function scriptOf(codePoint: number): Feature {
  return blocks.find(([end]) => codePoint <= end)?.[1] ?? "han";
}
