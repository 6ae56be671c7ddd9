import { fail } from "./cell.ts";

/** Splits at a one-character separator, but not inside a cell that is a quoted string. */
export function splitCells(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  for (let start = 0; ;) {
    const end = endOfCell(text, start, separator);
    cells.push(text.slice(start, end));
    if (end === text.length) return cells;
    start = end + 1;
  }
}

/** Splits at `outer`, and each part at `inner`, but not inside quoted strings. */
export function splitRecords(text: string, outer: string, inner: string): string[][] {
  if (!text.includes('"')) return text.split(outer).map((record) => record.split(inner));
  let record: string[] = [];
  const records = [record];
  for (let start = 0; ;) {
    const end = endOfCell(text, start, outer + inner);
    record.push(text.slice(start, end));
    if (end === text.length) return records;
    if (text[end] === outer) {
      record = [];
      records.push(record);
    }
    start = end + 1;
  }
}

function endOfCell(text: string, start: number, separators: string): number {
  const isSeparator = (at: number) => separators.includes(text.charAt(at));
  if (text[start] === '"') {
    const end = endOfString(text, start);
    return end === text.length || isSeparator(end)
      ? end
      : fail("there is text after a quoted string");
  }
  let end = start;
  while (end < text.length && !isSeparator(end)) end++;
  return end;
}

/** Where the quoted string that starts at `start` ends. @throws CellError */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return fail("a quoted string is not closed");
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
