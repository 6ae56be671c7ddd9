import { protectedSpans } from "./protected-spans.ts";
import type { Span } from "./removal.ts";

/** The parts of a text that a step may change: everything between protected spans, in order. */
export function unprotectedSpans(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { start, end } of protectedSpans(text)) {
    if (start > from) spans.push({ start: from, end: start });
    from = end;
  }
  if (from < text.length) spans.push({ start: from, end: text.length });
  return spans;
}

/** Those of `spans` that lie within one of `allowed` as a whole; both are in order. */
export function within(spans: readonly Span[], allowed: readonly Span[]): Span[] {
  let i = 0;
  return spans.filter(({ start, end }) => {
    while (i < allowed.length && allowed[i]!.end < end) i++;
    const container = allowed[i];
    return container !== undefined && container.start <= start && end <= container.end;
  });
}
