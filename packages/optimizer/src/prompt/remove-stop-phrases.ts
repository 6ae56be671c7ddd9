import { PalimpsestError } from "@palimpsest/core";
import { type ReducedText, removeSpans } from "./removal.ts";
import { unprotectedSpans, within } from "./unprotected.ts";

/** English phrases that add no fact to an instruction or a note. */
export const stopPhrases: readonly string[] = [
  "please note that",
  "please be aware that",
  "it is important to note that",
  "it should be noted that",
  "it is worth noting that",
  "it is worth mentioning that",
  "as you can see",
  "as you may know",
  "as mentioned above",
  "as previously mentioned",
  "needless to say",
  "as a matter of fact",
  "at the end of the day",
  "for all intents and purposes",
  "to be honest",
  "to tell the truth",
  "in my humble opinion",
  "basically",
  "essentially",
  "actually",
  "literally",
  "honestly",
  "obviously",
];

export interface StopPhraseOptions {
  /**
   * Replaces the list. Letter case and the width of white space do not matter.
   * @defaultValue {@link stopPhrases}
   */
  readonly phrases?: readonly string[];
}

/**
 * Lossy: takes out whole phrases with the comma and the space that follow them.
 * @throws `E_INVALID_INPUT` for a phrase without a letter or digit
 */
export function removeStopPhrases(
  text: string,
  { phrases = stopPhrases }: StopPhraseOptions = {},
): ReducedText {
  if (phrases.length === 0) return { text, removed: [] };
  const found = Array.from(text.matchAll(patternOf(phrases)), ({ 0: match, index }) => ({
    start: index,
    end: index + match.length,
  }));
  return removeSpans(text, within(found, unprotectedSpans(text)));
}

function patternOf(phrases: readonly string[]): RegExp {
  // The longest first: an alternation takes the first that fits.
  const sources = phrases.toSorted((a, b) => b.length - a.length).map(sourceOf);
  const phrase = sources.join("|");
  return new RegExp(
    `(?<![\\p{L}\\p{N}_])(?:${phrase})(?![\\p{L}\\p{N}_])(?:,?[^\\S\\r\\n]+)?`,
    "giu",
  );
}

function sourceOf(phrase: string): string {
  if (!/[\p{L}\p{N}]/u.test(phrase)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `${JSON.stringify(phrase)} is no stop phrase; it needs a letter or digit`,
    );
  }
  const words = phrase.trim().split(/\s+/u);
  return words
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`))
    .join(String.raw`[^\S\r\n]+`);
}
