import { marker, moreSign } from "./signs.ts";
import type { TextReader } from "./table/text-reader.ts";

/** What the line above a table says. */
export interface TableHead {
  readonly count: number;
  /** Another table follows this one. */
  readonly more: boolean;
}

const counted = /^(\d{1,15})(\+?)$/;

export function isTableHead(text: string): boolean {
  return counted.test(text);
}

/** The rest of a line that starts with the marker. @throws `E_CORRUPT` */
export function readMarkedLine(reader: TextReader): string {
  const start = reader.at;
  const line = reader.line();
  if (!line.startsWith(`${marker} `)) {
    reader.fail(start, `a line that starts with "${marker} " is missing`);
  }
  return line.slice(marker.length + 1);
}

/** @param start offset of the line that holds the text. @throws `E_CORRUPT` */
export function readTableHead(reader: TextReader, start: number, text: string): TableHead {
  const [, digits, more] = counted.exec(text) ?? [];
  if (digits === undefined) return reader.fail(start, "the record count is missing");
  return { count: Number(digits), more: more === moreSign };
}
