import { type ReducedText, removeSpans, type Span } from "./removal.ts";
import { unprotectedSpans } from "./unprotected.ts";

/**
 * Lossy: leaves one space of a run within a line, none before a line break, and one empty line of
 * several. Indentation stays, for lists and outlines mean something by it.
 */
export function foldWhiteSpace(text: string): ReducedText {
  const spans = unprotectedSpans(text).flatMap(({ start, end }) =>
    Array.from(text.slice(start, end).matchAll(/\s+/gu), ({ 0: run, index }) => {
      const at = start + index;
      return foldRun(run, at, at + run.length === text.length);
    }).flat(),
  );
  return removeSpans(text, spans);
}

/** @returns what goes of one run of white space that begins at `at` */
function foldRun(run: string, at: number, endsText: boolean): Span[] {
  const breaks = Array.from(run.matchAll(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/gu), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  const first = breaks[0];
  const last = breaks.at(-1);
  if (first === undefined || last === undefined) {
    // A run that begins the text or a line is indentation; it never gets here after a line break.
    return at === 0 ? [] : [{ start: at + (endsText ? 0 : 1), end: at + run.length }];
  }
  const gone = [
    { start: 0, end: first.start },
    { start: first.end, end: Math.max(first.end, last.start) },
    ...(endsText ? [{ start: last.end, end: run.length }] : []),
  ];
  return gone.map(({ start, end }) => ({ start: at + start, end: at + end }));
}
