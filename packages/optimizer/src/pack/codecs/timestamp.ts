import { fail } from "../cells/cell.ts";
import type { Codec } from "./codec.ts";
import { matchesPattern, type TimestampField, type TimestampPattern } from "./timestamp-pattern.ts";

/**
 * ISO 8601 timestamps: a cell holds the digits of the pattern's variable fields. Spaced cells read
 * more easily (`0107 030213.086`), fused ones are shorter; both are read.
 */
export function timestamp(pattern: TimestampPattern, style: "spaced" | "fused"): Codec {
  const { text, fields } = pattern;
  const gaps = fields.map((field, i) => gapBefore(field, fields[i - 1]));
  const digits = fields.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    spec: text,
    write(value) {
      if (typeof value !== "string" || !matchesPattern(value, pattern)) return undefined;
      let cell = "";
      for (const [i, { start, end }] of fields.entries()) {
        if (style === "spaced") cell += gaps[i];
        cell += value.slice(start, end);
      }
      return cell;
    },
    read(cell) {
      const isFused = cell.length === digits;
      let value = "";
      let at = 0;
      let done = 0;
      for (const [i, { start, end }] of fields.entries()) {
        const gap = isFused ? "" : (gaps[i] ?? "");
        if (!cell.startsWith(gap, at)) fail(`the cell does not fit ${text}`);
        at += gap.length;
        value += text.slice(done, start) + cell.slice(at, at + end - start);
        at += end - start;
        done = end;
      }
      value += text.slice(done);
      return at === cell.length && matchesPattern(value, pattern)
        ? value
        : fail(`the cell does not fit ${text}`);
    },
  };
}

/** Between date and time a space, before the fraction a point, elsewhere nothing. */
function gapBefore({ letter }: TimestampField, before: TimestampField | undefined): string {
  if (before === undefined) return "";
  if (letter === "S") return ".";
  return "YMD".includes(before.letter) && !"YMD".includes(letter) ? " " : "";
}
