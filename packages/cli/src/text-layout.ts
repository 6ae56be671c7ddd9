import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One line of plain text at most `width` columns wide; what a document holds cannot steer the terminal. */
export function clip(text: string, width: number): string {
  const line = oneLine(text);
  if (stringWidth(line) <= width) return line;
  let clipped = "";
  let used = 1;
  for (const { segment } of segmenter.segment(line)) {
    used += stringWidth(segment);
    if (used > width) break;
    clipped += segment;
  }
  return `${clipped.trimEnd()}…`;
}

/** The text with its lines, but nothing that steers a terminal. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, "");
}

/** Control characters removed, white space folded. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/gu, " ")
    .replaceAll(/\p{Cc}/gu, "")
    .trim();
}

/** So many of a thing: `1 merge`, `2 merges`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export type Row = readonly [label: string, value: string | number];

/** Labels on the left, values behind them; numbers grouped and aligned to the right. */
export function labelled(rows: readonly Row[]): string {
  const shown = rows.map(([label, value]) => ({
    label,
    text: typeof value === "number" ? value.toLocaleString("en") : value,
    isNumber: typeof value === "number",
  }));
  const labels = Math.max(...shown.map((row) => stringWidth(row.label)));
  const numbers = Math.max(0, ...shown.map((row) => (row.isNumber ? row.text.length : 0)));
  return shown
    .map(({ label, text, isNumber }) => {
      const gap = " ".repeat(labels - stringWidth(label) + 2);
      return `${label}${gap}${isNumber ? text.padStart(numbers) : text}`;
    })
    .join("\n");
}
