import { PalimpsestError } from "@palimpsest/core";

/** A part of a text, from `start` up to but not including `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a step took out, and where it began in the text that the step was given. */
export interface Removal {
  readonly start: number;
  readonly text: string;
}

export interface ReducedText {
  readonly text: string;
  /** In the order of the text. */
  readonly removed: readonly Removal[];
}

/** Takes out spans that are in order and do not overlap. */
export function removeSpans(text: string, spans: readonly Span[]): ReducedText {
  const kept: string[] = [];
  const removed: Removal[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    if (start === end) continue;
    kept.push(text.slice(from, start));
    removed.push({ start, text: text.slice(start, end) });
    from = end;
  }
  kept.push(text.slice(from));
  return { text: kept.join(""), removed };
}

/**
 * Gives back the text that a step was given. After several steps, restore the last one first.
 * @throws `E_INVALID_INPUT` when the removals are not of this text
 */
export function restore({ text, removed }: ReducedText): string {
  const parts: string[] = [];
  let from = 0;
  let length = 0;
  for (const { start, text: taken } of removed) {
    const upTo = from + start - length;
    if (!Number.isSafeInteger(start) || start < length || upTo > text.length) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `a removal at ${start} does not belong to this text; pass a step's result unchanged`,
      );
    }
    parts.push(text.slice(from, upTo), taken);
    from = upTo;
    length = start + taken.length;
  }
  parts.push(text.slice(from));
  return parts.join("");
}
