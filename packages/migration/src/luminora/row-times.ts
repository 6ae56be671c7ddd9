import type { Cells } from "./cells.ts";
import type { TableShape } from "./schema.ts";
import type { TimeReader } from "./time.ts";

export interface RowTimes {
  /** Epoch milliseconds that date the document; 0 when no time of the row can be read. */
  readonly timestamp: number;
  /** Epoch milliseconds by column. */
  readonly times: Readonly<Record<string, number>>;
}

/** Converts a row's times; the columns keep their text. What v1 left open is noted in `cells.reasons`. */
export function readTimes(
  cells: Cells,
  shape: TableShape,
  readTime: TimeReader,
  better?: string,
): RowTimes {
  const times: Record<string, number> = {};
  const read = (text: string): number | undefined => {
    const time = readTime(text);
    if (time?.zone === "missing") cells.reasons.add("missing-zone");
    if (time?.ambiguous) cells.reasons.add("ambiguous-local-time");
    if (time === undefined) cells.reasons.add("unreadable-time");
    return time?.ms;
  };
  for (const column of shape.times) {
    if ((cells.cell(column) ?? null) === null) continue;
    const ms = read(cells.text(column));
    if (ms !== undefined) times[column] = ms;
  }
  const own = better === undefined ? undefined : read(better);
  const first = shape.times.find((column) => times[column] !== undefined);
  const timestamp = own ?? (first === undefined ? undefined : times[first]);
  if (timestamp === undefined) cells.reasons.add("unreadable-time");
  return { timestamp: timestamp ?? 0, times };
}
