import stringWidth from "string-width";
import { clip } from "../text-layout.ts";

export interface BarRow {
  /** One text per column; the first column is aligned to the left, the others to the right. */
  readonly cells: readonly string[];
  /** Length of the bar, against the longest of the table. */
  readonly value: number;
}

/** Eighths of a column, from none to seven. */
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const widest = 100;
const longestName = 24;
/** A shorter bar says nothing. */
const shortestBar = 6;

/** A table with a bar behind each row, within the width of the terminal. */
export function barTable(
  headings: readonly string[],
  rows: readonly BarRow[],
  terminalWidth: number | undefined,
): string {
  const lines = [headings, ...rows.map(({ cells }) => cells)].map((cells) =>
    cells.with(0, clip(cells[0] ?? "", longestName)),
  );
  const widths = headings.map((_, i) => Math.max(...lines.map((cells) => width(cells[i]))));
  const used = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  const room = Math.min(terminalWidth ?? 80, widest) - used;
  const longest = Math.max(...rows.map(({ value }) => value), 0);
  return lines
    .map((cells, i) => {
      const text = cells.map((cell, column) => pad(cell, widths[column] ?? 0, column === 0));
      const share = i === 0 || longest === 0 ? 0 : (rows[i - 1]?.value ?? 0) / longest;
      return [...text, room < shortestBar ? "" : bar(share, room)].join("  ").trimEnd();
    })
    .join("\n");
}

function bar(share: number, room: number): string {
  const parts = Math.round(Math.max(0, share) * room * 8);
  return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "");
}

function width(cell: string | undefined): number {
  return stringWidth(cell ?? "");
}

function pad(cell: string, columnWidth: number, toTheLeft: boolean): string {
  const gap = " ".repeat(Math.max(0, columnWidth - width(cell)));
  return toTheLeft ? cell + gap : gap + cell;
}
