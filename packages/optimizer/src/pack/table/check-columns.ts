import { fail } from "../cells/cell.ts";
import { type Column, keyName, maxHoisted, restName } from "../columns/column.ts";

/** Refuses headers that no writer makes: they could expand a short text into a huge value. */
export function checkColumns(columns: readonly Column[]): void {
  const hoisted = columns.filter(({ kind }) => kind === "hoisted").length;
  if (hoisted > maxHoisted) fail(`more than ${maxHoisted} columns have no cells`);
  for (const [i, { name }] of columns.entries()) {
    if (name === keyName && i > 0) fail(`${keyName} is not the first column`);
    if (name === restName && i < columns.length - 1) fail(`${restName} is not the last column`);
  }
}
