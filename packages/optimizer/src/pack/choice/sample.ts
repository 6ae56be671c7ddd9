/** Rows that are looked at to choose encodings; more would cost more time than they save tokens. */
const windows = 3;
const windowRows = 24;

/** Rows of the start, the middle and the end, each without gaps, so that runs show. */
export function sampleRows(count: number): readonly number[] {
  if (count <= windows * windowRows) return Array.from({ length: count }, (_, row) => row);
  const rows: number[] = [];
  for (let window = 0; window < windows; window++) {
    const start = Math.floor((window * (count - windowRows)) / (windows - 1));
    for (let row = 0; row < windowRows; row++) rows.push(start + row);
  }
  return rows;
}
