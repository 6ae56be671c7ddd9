import { PalimpsestError } from "@palimpsest/core";
import { type ReducedText, removeSpans, type Span } from "./removal.ts";
import { unprotectedSpans, within } from "./unprotected.ts";

export interface DuplicateSentenceOptions {
  /** Language whose rules end a sentence. @defaultValue `"en"` */
  readonly locale?: string;
  /** Shorter sentences stay: a second "Yes." is an answer of its own. @defaultValue 4 */
  readonly minWords?: number;
}

/**
 * Lossy: keeps the first of several equal sentences. Letter case, white space and Unicode
 * composition do not matter; a sentence with a quotation or code in it stays.
 * @throws `E_INVALID_INPUT` for an unknown locale, or `minWords` below 1
 */
export function removeDuplicateSentences(
  text: string,
  { locale = "en", minWords = 4 }: DuplicateSentenceOptions = {},
): ReducedText {
  if (!Number.isSafeInteger(minWords) || minWords < 1) {
    throw new PalimpsestError("E_INVALID_INPUT", `minWords must be at least 1, got ${minWords}`);
  }
  const seen = new Set<string>();
  const duplicates = within(sentencesOf(text, locale), unprotectedSpans(text)).filter((span) => {
    const key = keyOf(text.slice(span.start, span.end));
    if (key.split(" ").length < minWords) return false;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
  return removeSpans(text, duplicates);
}

/** Sentences with the spaces behind them; line breaks belong to none. */
function sentencesOf(text: string, locale: string): Span[] {
  return Array.from(segmenterOf(locale).segment(text), ({ segment, index }) => {
    const leading = /^\s*/u.exec(segment)?.[0].length ?? 0;
    const visible = segment.trimEnd().length;
    const spaces = /^[^\S\r\n]*/u.exec(segment.slice(visible))?.[0].length ?? 0;
    return { start: index + leading, end: index + Math.max(leading, visible + spaces) };
  });
}

function segmenterOf(locale: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(locale, { granularity: "sentence" });
  } catch (cause) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `${JSON.stringify(locale)} is no locale; use a tag such as "en" or "pt-BR"`,
      { cause },
    );
  }
}

function keyOf(sentence: string): string {
  return sentence.normalize("NFC").toLowerCase().replaceAll(/\s+/gu, " ").trim();
}
