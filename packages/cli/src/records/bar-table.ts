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
const shortestName = 8;
/** A shorter bar says nothing. */
const shortestBar = 6;

/** A table with a bar behind each row, within the width of the terminal. */
export function barTable(
  headings: readonly string[],
  rows: readonly BarRow[],
  terminalWidth: number | undefined,
): string {
  const available = Math.min(terminalWidth ?? 80, widest);
  const all = [headings, ...rows.map(({ cells }) => cells)];
  const figures = headings.slice(1).map((_, i) => widthOf(all, i + 1));
  const used = figures.reduce((sum, columnWidth) => sum + 2 + columnWidth, 0);
  const longest = Math.max(shortestName, Math.min(longestName, available - used));
  const lines = all.map((cells) => cells.with(0, clip(cells[0] ?? "", longest)));
  const widths = [widthOf(lines, 0), ...figures];
  const room = available - used - (widths[0] ?? 0) - 2;
  const most = Math.max(...rows.map(({ value }) => value), 0);
  return lines
    .map((cells, i) => {
      const text = cells.map((cell, column) => pad(cell, widths[column] ?? 0, column === 0));
      const share = i === 0 || most === 0 ? 0 : (rows[i - 1]?.value ?? 0) / most;
      return [...text, room < shortestBar ? "" : bar(share, room)].join("  ").trimEnd();
    })
    .join("\n");
}

function bar(share: number, room: number): string {
  const parts = Math.round(Math.max(0, share) * room * 8);
  return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "");
}

function widthOf(lines: readonly (readonly string[])[], column: number): number {
  return Math.max(...lines.map((cells) => width(cells[column])));
}

function width(cell: string | undefined): number {
  return stringWidth(cell ?? "");
}

function pad(cell: string, columnWidth: number, toTheLeft: boolean): string {
  const gap = " ".repeat(Math.max(0, columnWidth - width(cell)));
  return toTheLeft ? cell + gap : gap + cell;
}
