import { CodeSpans } from "./code-spans.ts";
import type { Span } from "./removal.ts";

/** Where something that no step may touch can begin: a fence, inline code, a quotation mark. */
const openers = /(?<=^ {0,3})~{3,}|`+|["“„«]|(?<![\p{L}\p{N}])'/gmu;

/** Closing marks by opening one. An apostrophe inside a word opens and closes nothing. */
const closers: Readonly<Record<string, RegExp>> = {
  '"': /(?<!\\)"/gu,
  "“": /”/gu,
  "„": /[“”]/gu,
  "«": /»/gu,
  "'": /'(?![\p{L}\p{N}])/gu,
};

/**
 * Code blocks, inline code and quoted strings, in order. A quotation or inline code ends within its
 * paragraph or is none; an open fence lasts to the end. Linear: nothing is searched for twice.
 */
export function protectedSpans(text: string): Span[] {
  const spans: Span[] = [];
  const code = new CodeSpans(text);
  const paragraphEnd = new Finder(text, /\n[^\S\n]*\n/gu);
  const quotes = new Map(
    Object.entries(closers).map(([opener, closer]) => [opener, new Finder(text, closer)]),
  );
  let from = 0;
  for (const { 0: opener, index: start } of text.matchAll(openers)) {
    if (start < from) continue;
    const limit = paragraphEnd.next(start)?.start ?? text.length;
    const close = quotes.get(opener)?.next(start + 1);
    const end = close === undefined ? code.endOf(start, limit) : close.end;
    if (end === undefined || (close !== undefined && end > limit)) continue;
    spans.push({ start, end });
    from = end;
  }
  return spans;
}

/** Finds the next match for positions that only grow, so that a whole text is searched once. */
class Finder {
  readonly #text: string;
  readonly #pattern: RegExp;
  #found: Span | undefined;
  #isExhausted = false;

  constructor(text: string, pattern: RegExp) {
    this.#text = text;
    this.#pattern = new RegExp(pattern);
  }

  next(from: number): Span | undefined {
    if (this.#isExhausted || (this.#found !== undefined && this.#found.start >= from)) {
      return this.#found;
    }
    this.#pattern.lastIndex = from;
    const match = this.#pattern.exec(this.#text);
    this.#isExhausted = match === null;
    this.#found = match ? { start: match.index, end: match.index + match[0].length } : undefined;
    return this.#found;
  }
}
